"""Fields that there are not, and values of the wrong type."""

from __future__ import annotations

import re
from typing import Any

import pytest

from podrole.lab import KubernetesError, Lab
from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from podrole.lab.kubernetes.objects.fields import EITHER, MESSAGES, read
from podrole.lab.kubernetes.objects.status import ApiError
from tests.lab.kubernetes.api import APPLY, DEPLOYMENTS, STRATEGIC, Api, deployment

TYPO = {"serviceAcountName": "orders-api"}
UNKNOWN = 'unknown field "spec.template.spec.serviceAcountName"'


def test_each_kind_has_its_fields_and_each_type_is_there() -> None:
    assert BUILT_IN.keys() <= MESSAGES.keys()
    scalars = {"string", "integer", "boolean", "number", "any", "object"}
    for message, fields in MESSAGES.items():
        for name, form in fields.items():
            assert form.lstrip("*{}") in scalars | MESSAGES.keys() | EITHER.keys(), (message, name)


@pytest.mark.parametrize(
    ("validation", "code"), [("Strict", 400), ("Warn", 201), ("Ignore", 201), ("", 201)]
)
def test_a_misspelt_service_account(api: Api, validation: str, code: int) -> None:
    path = DEPLOYMENTS + (f"?fieldValidation={validation}" if validation else "")
    response = api.raw("POST", path, deployment(**TYPO))
    assert response.status_code == code
    if code == 400:
        assert response.json is not None
        assert response.json["message"] == (
            'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: '
            + UNKNOWN
        )
        api("GET", f"{DEPLOYMENTS}/orders-api", code=404)
        return
    warned = response.headers.getlist("Warning")
    expected = '299 - "' + UNKNOWN.replace('"', '\\"') + '"'
    assert warned == ([] if validation == "Ignore" else [expected])
    stored = api("GET", f"{DEPLOYMENTS}/orders-api")["spec"]["template"]["spec"]
    assert "serviceAcountName" not in stored


def test_a_misspelling_in_a_patch_names_the_patch(api: Api) -> None:
    api("POST", DEPLOYMENTS, deployment())
    change = {"spec": {"template": {"spec": TYPO}}}
    path = f"{DEPLOYMENTS}/orders-api?fieldValidation=Strict"
    said = api.said("PATCH", path, change, 422, kind=STRATEGIC)
    assert said.endswith(f"strict decoding error: {UNKNOWN}")
    path = f"{DEPLOYMENTS}/orders-api?fieldManager=me"
    given = {**deployment(**TYPO)}
    said = api.said("PATCH", path, given, 500, kind=APPLY)
    assert said == (
        "failed to create typed patch object (orders/orders-api; apps/v1, Kind=Deployment):"
        " .spec.template.spec.serviceAcountName: field not declared in schema"
    )


def test_the_lessons_apply_is_as_strict_as_kubectls(lab: Lab) -> None:
    cluster = lab.kubernetes()
    with pytest.raises(KubernetesError, match=re.escape(UNKNOWN)):
        cluster.apply(deployment(**TYPO))


@pytest.mark.parametrize(
    ("message", "given", "said"),
    [
        (
            "Deployment",
            {"spec": {"replicas": "2"}},
            "cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type"
            " int32",
        ),
        (
            "Pod",
            {"spec": {"containers": [{"env": [{"name": "A", "value": True}]}]}},
            "cannot unmarshal bool into Go struct field EnvVar.spec.containers.env.value of type"
            " string",
        ),
        (
            "ServiceAccount",
            {"metadata": {"annotations": {"eks.amazonaws.com/token-expiration": 3600}}},
            "cannot unmarshal number into Go struct field ObjectMeta.metadata.annotations of type"
            " string",
        ),
        (
            "Pod",
            {"spec": {"containers": {"name": "app"}}},
            "cannot unmarshal object into Go struct field PodSpec.spec.containers of type"
            " []v1.Container",
        ),
        (
            "TokenRequest",
            {"spec": {"expirationSeconds": 1.5}},
            "cannot unmarshal number 1.5 into Go struct field"
            " TokenRequestSpec.spec.expirationSeconds of type int64",
        ),
        (
            "Secret",
            {"data": []},
            "cannot unmarshal array into Go struct field Secret.data of type map[string]string",
        ),
    ],
)
def test_types(message: str, given: Any, said: str) -> None:
    with pytest.raises(ApiError) as error:
        read(message, "v1", given)
    assert error.value.message == (
        f'{message} in version "v1" cannot be handled as a {message}: json: {said}'
    )


def test_nulls_say_nothing_and_quantities_may_be_numbers() -> None:
    container = {"name": "a", "env": None, "resources": {"limits": {"cpu": 1, "memory": "1Gi"}}}
    known, unknown = read("Pod", "v1", {"spec": {"containers": [container, None], "volumes": None}})
    assert unknown == []
    del container["env"]
    assert known == {"spec": {"containers": [container, {}]}}
