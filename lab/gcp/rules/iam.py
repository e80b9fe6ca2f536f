# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service accounts, their keys and custom roles.

https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts, .../projects.serviceAccounts.keys,
.../projects.roles.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

from ..errors import ApiError, exists, missing, not_found
from ..store import Body, fingerprint, name_of, now, project_of
from . import policies
from .kit import Call, Change, Kind

if TYPE_CHECKING:
    from ..cloud import Cloud

TRUST = Kind("allowedLocations", "ServiceAccountAllowedLocations", "iamcredentials")
ACCOUNTS = Kind("serviceAccounts", "ServiceAccount", "iam", wrapped="serviceAccount")
KEYS = Kind("keys", "ServiceAccountKey", "iam")
ROLES = Kind("roles", "Role", "iam")
policies.guard(ACCOUNTS)

_ACCOUNT_ID = re.compile(r"[a-z](?:[-a-z0-9]{4,28}[a-z0-9])")
_ROLE_ID = re.compile(r"[a-zA-Z0-9_.]{3,64}")
_PERMISSION = re.compile(r"[a-zA-Z]+(\.[a-zA-Z]+){2}")
# https://cloud.google.com/iam/quotas: keys of a service account
_MOST_KEYS = 10


@TRUST.verb("getAllowedLocations")
def locations(call: Call) -> Body:
    """google-auth asks by itself; there is no restriction of places."""
    return {"locations": [], "encodedLocations": "0x0"}


@ACCOUNTS.verb("create")
def create_account(call: Call) -> Body:
    """The id becomes an e-mail address: 6 to 30 small letters, digits and hyphens."""
    name = call.body.get("accountId")
    if not name:
        raise missing("accountId")
    if not _ACCOUNT_ID.fullmatch(name):
        message = f"Invalid value for field 'accountId': '{name}'. It does not match '{_ACCOUNT_ID.pattern}'."
        raise ApiError(400, "badRequest", message)
    project = project_of(call.path)
    email = f"{name}@{project}.iam.gserviceaccount.com"
    path = f"projects/{project}/serviceAccounts/{email}"
    if path in call.store:
        message = f"Service account {name} already exists within project projects/{project}."
        raise ApiError(409, "alreadyExists", message)
    number = call.cloud.next_id()
    body = {
        **call.body.get("serviceAccount", {}),
        "name": path,
        "projectId": project,
        "uniqueId": number,
        "email": email,
        "oauth2ClientId": number,
        "etag": fingerprint([name, number]),
    }
    return ACCOUNTS.keep(call.cloud, path, body)


@ACCOUNTS.verb("get", "delete", "patch", "update", "enable", "disable")
def one_account(call: Call) -> Body | None:
    """``projects/-`` stands for the project that is in the e-mail address."""
    email = name_of(call.path)
    if project_of(call.path) == "-":
        call.path = f"projects/{email.partition('@')[2].partition('.')[0]}/serviceAccounts/{email}"
    body = call.store.need(call.path)
    match call.method.verb:
        case "get":
            return body
        case "delete":
            for path in [path for path in call.store if path.startswith(f"{call.path}/keys/")]:
                KEYS.remove(call.cloud, path)
            ACCOUNTS.remove(call.cloud, call.path)
            call.cloud.drop("policies", f"iam/{call.path}")
            return None
        case "enable" | "disable":
            rest = {key: value for key, value in body.items() if key != "disabled"}
            ACCOUNTS.keep(call.cloud, call.path, rest | ({"disabled": True} if call.method.verb == "disable" else {}))
            return None
    sent = ACCOUNTS.unwrapped(call)
    given = str(call.body.get("updateMask", "displayName,description")).replace("display_name", "displayName")
    changed = {key: sent[key] for key in given.split(",") if key in sent}
    etag = fingerprint([body["etag"], call.cloud.next_id()])
    return ACCOUNTS.keep(call.cloud, call.path, {**body, **changed, "etag": etag})


@KEYS.verb("create")
def create_key(call: Call) -> Body:
    """The private half is told once; the token endpoint knows the public one."""
    account = call.path.removesuffix("/keys")
    email = call.store.need(account)["email"]
    if sum(path.startswith(f"{call.path}/") for path in call.store) >= _MOST_KEYS:
        raise ApiError(
            400, "failedPrecondition", "Precondition check failed: maximum number of keys on account reached."
        )
    key_file = call.cloud.identity.new_key(email, project_of(account))
    path = f"{call.path}/{key_file['private_key_id']}"
    body = {
        "name": path,
        "validAfterTime": now(),
        "validBeforeTime": "9999-12-31T23:59:59Z",
        "keyAlgorithm": "KEY_ALG_RSA_2048",
        "keyOrigin": "GOOGLE_PROVIDED",
        "keyType": "USER_MANAGED",
    }
    KEYS.keep(call.cloud, path, body)
    told = base64.b64encode(json.dumps(key_file).encode()).decode()
    return {**body, "privateKeyType": "TYPE_GOOGLE_CREDENTIALS_FILE", "privateKeyData": told}


@KEYS.deleting
def key_deleted(cloud: Cloud, path: str) -> None:
    """It proves nothing any more."""
    cloud.identity.forget(name_of(path))


@ROLES.verb("create")
def create_role(call: Call) -> Body:
    """https://cloud.google.com/iam/docs/creating-custom-roles."""
    name = call.body.get("roleId", "")
    if not _ROLE_ID.fullmatch(name):
        message = f"The role_id '{name}' is invalid: it must match '{_ROLE_ID.pattern}'."
        raise ApiError(400, "badRequest", message)
    path = f"{call.path}/{name}"
    if path in call.store:
        raise exists(path)
    role = {"stage": "ALPHA", **call.body.get("role", {}), "name": path}
    role["etag"] = fingerprint([role, call.cloud.next_id()])
    return ROLES.keep(call.cloud, path, role)


@ROLES.verb("get")
def role(call: Call) -> Body:
    """Predefined ones are there for everybody."""
    if call.path.startswith("roles/"):
        if call.path not in policies.ROLES:
            raise not_found(call.path)
        return {"name": call.path, "title": call.path, "stage": "GA"}
    return call.store.need(call.path)


@ROLES.saving
def role_rule(change: Change) -> None:
    """Permissions are SERVICE.RESOURCE.VERB."""
    for permission in change.new.get("includedPermissions", []):
        if not _PERMISSION.fullmatch(permission):
            raise ApiError(400, "badRequest", f"Permission {permission} is not valid.")
