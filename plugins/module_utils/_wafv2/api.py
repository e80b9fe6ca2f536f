# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The WAFv2 calls of this collection. The client is AnsibleAWSModule's, whose retry wrapper takes ``aws_retry``.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any

from .._aws_resource import AwsError, calling

NOT_FOUND = "WAFNonexistentItemException"


def web_acl_arn(client: Any, name: str, scope: str) -> str | None:
    """ARN of the web ACL of this name; None if there is none. Raises AwsError."""
    more: dict[str, str] = {}
    while True:
        with calling("list the web ACLs"):
            page = client.list_web_acls(aws_retry=True, Scope=scope, Limit=100, **more)
        for each in page["WebACLs"]:
            if each["Name"] == name:
                return str(each["ARN"])
        if not page["WebACLs"] or not page.get("NextMarker"):
            return None
        more = {"NextMarker": page["NextMarker"]}


def logging_configuration(client: Any, arn: str) -> dict[str, Any] | None:
    """A web ACL's LoggingConfiguration; None: it has none. Raises AwsError."""
    try:
        with calling("read the logging of the web ACL"):
            response = client.get_logging_configuration(aws_retry=True, ResourceArn=arn)
    except AwsError as error:
        if error.code == NOT_FOUND:
            return None
        raise
    found: dict[str, Any] = response["LoggingConfiguration"]
    return found


def put_logging_configuration(client: Any, configuration: dict[str, Any]) -> None:
    """Replaces the whole configuration. Raises AwsError."""
    with calling("set the logging of the web ACL"):
        client.put_logging_configuration(aws_retry=True, LoggingConfiguration=configuration)


def delete_logging_configuration(client: Any, arn: str) -> None:
    """Raises AwsError."""
    with calling("end the logging of the web ACL"):
        client.delete_logging_configuration(aws_retry=True, ResourceArn=arn)
