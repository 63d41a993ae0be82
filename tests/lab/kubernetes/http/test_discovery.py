"""What the API server says of itself, in one document and in many."""

from __future__ import annotations

from typing import Any

from tests.lab.kubernetes.api import Api
from tests.lab.kubernetes.custom.widgets import DEFINITIONS, definition

ONE_DOCUMENT = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
)


def _told(api: Api, path: str) -> dict[str, Any]:
    response = api.raw("GET", path, Accept=ONE_DOCUMENT)
    assert response.content_type == ONE_DOCUMENT.partition(",")[0]
    assert response.json is not None
    return {
        f"{group['metadata'].get('name', '')}/{version['version']}/{one['resource']}": one
        for group in response.json["items"]
        for version in group["versions"]
        for one in version["resources"]
    }


def test_one_document_says_what_many_say(api: Api) -> None:
    api("POST", DEFINITIONS, definition(subresources={"status": {}}))
    told = _told(api, "/api") | _told(api, "/apis")
    many = {}
    for group in ["", *(one["name"] for one in api("GET", "/apis")["groups"])]:
        versions = api("GET", f"/apis/{group}")["versions"] if group else [{"version": "v1"}]
        for version in (one["version"] for one in versions):
            path = f"/apis/{group}/{version}" if group else f"/api/{version}"
            for one in api("GET", path)["resources"]:
                many[f"{group}/{version}/{one['name']}"] = one
    whole = {name for name in many if name.count("/") == 2}
    assert told.keys() == whole
    for name in whole:
        assert told[name]["responseKind"]["kind"] == many[name]["kind"]
        assert told[name]["verbs"] == many[name]["verbs"]
        assert (told[name]["scope"] == "Namespaced") is many[name]["namespaced"]
        parts = {f"{name}/{part['subresource']}" for part in told[name].get("subresources", ())}
        assert parts == {other for other in many if other.startswith(f"{name}/")}
    assert told["example.com/v1/widgets"]["shortNames"] == ["wd"]
    assert told["example.com/v1/widgets"]["categories"] == ["all"]


def test_other_clients_get_what_they_ask_for(api: Api) -> None:
    assert api("GET", "/apis", Accept="application/json")["kind"] == "APIGroupList"
    group = api("GET", "/apis/autoscaling")
    assert group["preferredVersion"] == {"groupVersion": "autoscaling/v2", "version": "v2"}
