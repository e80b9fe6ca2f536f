"""The shop at the primary site. `python app.py` serves http://localhost:8080; gunicorn serves `app:app`."""

import os

from shop import create_app

os.environ.setdefault("SITE", "gcp")
app = create_app()

if __name__ == "__main__":
    app.run(host=os.environ.get("HOST", "127.0.0.1"), port=int(os.environ.get("PORT", "8080")))
