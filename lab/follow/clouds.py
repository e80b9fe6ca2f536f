# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the clouds' APIs what there is. Only what any client may ask: nothing here knows how an emulator works inside.

Nobody answers for a cloud that cannot be asked: every failure is a ``LabError``, never an empty list.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator
from typing import Any

import boto3
import requests
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ..errors import LabError
from .instances import View, from_compute, from_ec2

TIMEOUT_SECONDS = 10
COMPUTE = "https://compute.googleapis.com/compute/v1/projects"
# https://cloud.google.com/compute/docs/metadata/predefined-metadata-entries
TOKEN_PATH = "/computeMetadata/v1/instance/service-accounts/default/token"


class Ec2:
    """One account's EC2 in one region. ``endpoint``: where the API is."""

    def __init__(self, cloud: str, endpoint: str, region: str) -> None:
        self.cloud = cloud
        self._endpoint = endpoint
        config = Config(connect_timeout=TIMEOUT_SECONDS, read_timeout=TIMEOUT_SECONDS, retries={"max_attempts": 0})
        # A caller of its own: whoever reads the API's log can tell the lab from the product.
        self._client = boto3.client(
            "ec2",
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id="lab-follow",
            aws_secret_access_key="lab-follow",
            config=config,
        )

    def look(self) -> View:
        """What there is now. Raises LabError."""
        try:
            reservations = self._all("describe_instances", "Reservations")
            instances = [instance for reservation in reservations for instance in reservation["Instances"]]
            subnets = list(self._all("describe_subnets", "Subnets"))
            used = sorted({instance["ImageId"] for instance in instances})
            images = list(self._all("describe_images", "Images", Owners=["self"]))
            if used:
                images += self._all("describe_images", "Images", Filters=[{"Name": "image-id", "Values": used}])
        except (BotoCoreError, ClientError) as error:
            raise LabError(f"EC2 cannot be asked at {self._endpoint}: {error}") from error
        return from_ec2(self.cloud, instances, subnets, images)

    def _all(self, operation: str, key: str, **given: Any) -> Iterator[Any]:
        for page in self._client.get_paginator(operation).paginate(**given):
            yield from page[key]


class Compute:
    """One project's Compute Engine. ``proxy``: whoever leads to Google's hosts and is the machine's metadata server;
    ``authority``: the file of the certificate authority that vouches for them.
    """

    def __init__(self, cloud: str, project: str, proxy: str, authority: str) -> None:
        self.cloud = cloud
        self._project = project
        self._proxy = proxy
        self._authority = authority
        self._session = requests.Session()
        self._session.trust_env = False
        self._token = ""

    def look(self) -> View:
        """What there is now. Raises LabError."""
        try:
            found = [
                list(self._aggregated("instances")),
                list(self._aggregated("disks")),
                list(self._aggregated("subnetworks")),
                [item for page in self._pages("global/images") for item in page.get("items", [])],
            ]
        except (requests.RequestException, ValueError) as error:
            raise LabError(f"Compute Engine cannot be asked through {self._proxy}: {error}") from error
        return from_compute(self.cloud, *found)

    def _aggregated(self, collection: str) -> Iterator[Any]:
        for page in self._pages(f"aggregated/{collection}"):
            for scope in page.get("items", {}).values():
                yield from scope.get(collection, [])

    def _pages(self, path: str) -> Iterator[Any]:
        """https://cloud.google.com/compute/docs/reference/rest/v1/instances/aggregatedList (pageToken)"""
        query: dict[str, str] = {}
        while True:
            page = self._get(f"{COMPUTE}/{self._project}/{path}", query)
            yield page
            if not page.get("nextPageToken"):
                return
            query = {"pageToken": page["nextPageToken"]}

    def _get(self, url: str, query: dict[str, str]) -> Any:
        answer = self._ask(url, query)
        if answer.status_code == 401:  # no token yet, or an old one
            where = urllib.parse.urljoin(self._proxy, TOKEN_PATH)
            given = self._session.get(where, headers={"Metadata-Flavor": "Google"}, timeout=TIMEOUT_SECONDS)
            given.raise_for_status()
            self._token = given.json()["access_token"]
            answer = self._ask(url, query)
        answer.raise_for_status()
        return answer.json()

    def _ask(self, url: str, query: dict[str, str]) -> requests.Response:
        return self._session.get(
            url,
            params=query,
            headers={"Authorization": f"Bearer {self._token}"},
            proxies={"https": self._proxy},
            verify=self._authority,
            timeout=TIMEOUT_SECONDS,
        )
