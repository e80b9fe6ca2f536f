# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Google Cloud API of the lab: an emulator driven by Google's own discovery documents.

    python -m lab.gcp --bind 127.0.0.1:8600 --state .lab/gcp --log .lab/log/gcp.log

It is an HTTPS proxy that ends TLS itself. Unmodified clients (google.cloud's modules, its inventory and lookup plugins,
google-auth) reach it with::

    export HTTPS_PROXY=http://127.0.0.1:8600 REQUESTS_CA_BUNDLE=$PWD/.lab/gcp/ca.pem
    export GCP_AUTH_KIND=serviceaccount GCP_SERVICE_ACCOUNT_FILE=$PWD/.lab/gcp/key.json GCP_PROJECT=multicloud-dr
    unset NO_PROXY no_proxy GCP_ACCESS_TOKEN

or, with ``GCP_AUTH_KIND=accesstoken``, any ``GCP_ACCESS_TOKEN`` that begins with ``ya29.``. Projects: ``--project``
(several times; ``multicloud-dr`` if none is given). Every host that is not Google's is refused with 403.

The lab's own door, plain HTTP on the same port: ``GET /_lab/ready``, ``GET /_lab/state`` (API, path, body),
``GET /_lab/private`` (what the APIs hide: pre-shared keys, owners), ``GET /_lab/log``, ``POST /_lab/reset``,
``POST /_lab/fault`` (see ``faults``), ``POST /_lab/deny`` (``{"permissions": [...]}`` that nobody has; DELETE ends
either), ``POST /_lab/observe`` (see ``dataplane``) and ``POST /_lab/drift`` (``{"api": "compute",
"path": "projects/...", "patch": {...}}``: somebody changed it behind our back).

In a test, in the same process: ``serve("127.0.0.1", 0, Cloud(Documents(installed()), ["p"]), Authority(folder))``.
"""
