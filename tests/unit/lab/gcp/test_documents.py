# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from lab.gcp.documents import Documents


@pytest.mark.parametrize(
    ("http", "path", "method"),
    [
        ("POST", "/compute/v1/projects/p/global/networks", "compute.networks.insert"),
        ("PATCH", "/compute/v1/projects/p/regions/r/autoscalers", "compute.regionAutoscalers.patch"),
        ("GET", "/compute/v1/projects/p/global/images/family/f", "compute.images.getFromFamily"),
        ("POST", "/compute/v1/projects/p/targetHttpProxies/x/setUrlMap", "compute.targetHttpProxies.setUrlMap"),
    ],
)
def test_a_path_finds_its_method(documents: Documents, http: str, path: str, method: str) -> None:
    api = documents.find("compute.googleapis.com", path)
    assert api is not None
    found = api.match(http, path)
    assert found is not None
    assert found[0].id == method


def test_a_custom_verb_goes_before_the_name_that_it_would_fit(documents: Documents) -> None:
    api = documents.load("secretmanager", "v1")
    assert api is not None
    for suffix, verb in (("", "get"), (":getIamPolicy", "getIamPolicy"), ("/versions/1:access", "access")):
        found = api.match("GET", f"/v1/projects/p/secrets/s{suffix}")
        assert found is not None
        assert found[0].verb == verb


def test_the_old_host_names_the_api_in_the_path(documents: Documents) -> None:
    api = documents.find("www.googleapis.com", "/compute/v1/projects/p")
    assert api is not None
    assert api.name == "compute"


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("nothing.googleapis.com", "/v1/x"),
        ("compute.googleapis.com", "/compute/v9/x"),
        ("compute.googleapis.com", "/x"),
    ],
)
def test_what_has_no_document_is_none(documents: Documents, host: str, path: str) -> None:
    assert documents.find(host, path) is None


def test_the_api_has_no_put_for_managed_groups(documents: Documents) -> None:
    """google.cloud 1.10.2 calls it; the day it exists, our own module is no longer needed for that."""
    api = documents.load("compute", "v1")
    assert api is not None
    assert api.match("PUT", "/compute/v1/projects/p/regions/r/instanceGroupManagers/m") is None
    assert api.match("PUT", "/compute/v1/projects/p/regions/r/autoscalers/a") is None
