"""The shop at the DR site: the same package, another name. `python app_dr.py`; gunicorn serves `app_dr:app`."""

import os

from shop import create_app

os.environ.setdefault("SITE", "aws")
app = create_app()

if __name__ == "__main__":
    app.run(host=os.environ.get("HOST", "127.0.0.1"), port=int(os.environ.get("PORT", "8080")))
