"""What the pod identity webhook adds to a pod."""

from __future__ import annotations

from typing import Any

import pytest

from podrole.lab.kubernetes.admission import webhook

ROLE = "arn:aws:iam::111122223333:role/orders-api"
IRSA_FILE = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"


def account(**annotations: str) -> dict[str, Any]:
    return {
        "metadata": {
            "annotations": {f"eks.amazonaws.com/{k}": v for k, v in annotations.items()} or None
        }
    }


def pod(**more: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "app", **more}]}}


def admit(
    service_account: dict[str, Any], given: dict[str, Any] | None = None, associated: bool = False
) -> dict[str, Any]:
    return webhook.admit(given or pod(), service_account, associated=associated, region="us-west-2")


def variables(admitted: dict[str, Any], container: int = 0) -> list[tuple[str, str]]:
    environment = admitted["spec"]["containers"][container].get("env", [])
    return [(item["name"], item["value"]) for item in environment]


def test_neither_annotation_nor_association_leaves_the_pod_alone() -> None:
    given = pod()
    assert admit(account(), given) == given


def test_irsa_variables_in_the_webhooks_order() -> None:
    assert variables(admit(account(**{"role-arn": ROLE}))) == [
        ("AWS_STS_REGIONAL_ENDPOINTS", "regional"),
        ("AWS_DEFAULT_REGION", "us-west-2"),
        ("AWS_REGION", "us-west-2"),
        ("AWS_ROLE_ARN", ROLE),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", IRSA_FILE),
    ]


def test_irsa_volume_and_mount() -> None:
    admitted = admit(account(**{"role-arn": ROLE}))
    assert admitted["spec"]["volumes"] == [
        {
            "name": "aws-iam-token",
            "projected": {
                "defaultMode": 420,
                "sources": [
                    {
                        "serviceAccountToken": {
                            "audience": "sts.amazonaws.com",
                            "expirationSeconds": 86400,
                            "path": "token",
                        }
                    }
                ],
            },
        }
    ]
    assert admitted["spec"]["containers"][0]["volumeMounts"] == [
        {
            "name": "aws-iam-token",
            "mountPath": "/var/run/secrets/eks.amazonaws.com/serviceaccount",
            "readOnly": True,
        }
    ]


def projection(admitted: dict[str, Any]) -> dict[str, Any]:
    source = admitted["spec"]["volumes"][0]["projected"]["sources"][0]
    return dict(source["serviceAccountToken"])


def test_the_audience_annotation() -> None:
    admitted = admit(account(**{"role-arn": ROLE, "audience": "vault"}))
    assert projection(admitted)["audience"] == "vault"


@pytest.mark.parametrize(("asked", "given"), [("3600", 3600), ("60", 600), ("x", 86400)])
def test_the_lifetime_annotation(asked: str, given: int) -> None:
    admitted = admit(account(**{"role-arn": ROLE, "token-expiration": asked}))
    assert projection(admitted)["expirationSeconds"] == given


def test_pod_identity_wins_and_labels_the_pod() -> None:
    admitted = admit(account(**{"role-arn": ROLE}), associated=True)
    names = [name for name, _ in variables(admitted)]
    assert names[-2:] == [
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    ]
    assert "AWS_ROLE_ARN" not in names
    assert admitted["metadata"]["labels"] == {"eks.amazonaws.com/pod-identity": "enabled"}
    assert projection(admitted)["audience"] == "pods.eks.amazonaws.com"


def test_a_variable_of_the_pods_own_is_never_overwritten() -> None:
    own = [{"name": "AWS_ROLE_ARN", "value": "mine"}, {"name": "AWS_REGION", "value": "eu-west-1"}]
    admitted = admit(account(**{"role-arn": ROLE}), pod(env=own))
    assert variables(admitted) == [
        ("AWS_ROLE_ARN", "mine"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_STS_REGIONAL_ENDPOINTS", "regional"),
    ]


def test_skipped_containers_stay_as_they_are() -> None:
    given = pod()
    given["spec"]["containers"].append({"name": "proxy"})
    given["spec"]["initContainers"] = [{"name": "init"}]
    given["metadata"]["annotations"] = {"eks.amazonaws.com/skip-containers": "proxy, other"}
    admitted = admit(account(**{"role-arn": ROLE}), given)
    assert variables(admitted)
    assert admitted["spec"]["containers"][1] == {"name": "proxy"}
    assert admitted["spec"]["initContainers"][0]["env"]


def test_the_pod_handed_in_is_not_changed() -> None:
    given = pod()
    admit(account(**{"role-arn": ROLE}), given)
    assert given == pod()


@pytest.mark.parametrize("associated", [False, True])
def test_windows_paths_in_the_variables_and_posix_in_the_mount(associated: bool) -> None:
    given = pod()
    given["spec"]["nodeSelector"] = {"kubernetes.io/os": "windows"}
    admitted = admit(account(**{"role-arn": ROLE}), given, associated)
    path = dict(variables(admitted))[
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE" if associated else "AWS_WEB_IDENTITY_TOKEN_FILE"
    ]
    assert path.startswith("C:\\var\\run\\secrets\\")
    mounts = admitted["spec"]["containers"][0]["volumeMounts"]
    assert mounts[0]["mountPath"].startswith("/var/run/secrets/")


def test_the_label_that_opts_a_pod_out() -> None:
    given = pod()
    given["metadata"]["labels"] = {"eks.amazonaws.com/skip-pod-identity-webhook": ""}
    assert admit(account(**{"role-arn": ROLE}), given) == given


@pytest.mark.parametrize(
    ("value", "regional"), [("false", False), ("0", False), ("true", True), ("nonsense", True)]
)
def test_the_annotation_for_regional_endpoints(value: str, regional: bool) -> None:
    admitted = admit(account(**{"role-arn": ROLE, "sts-regional-endpoints": value}))
    assert ("AWS_STS_REGIONAL_ENDPOINTS" in dict(variables(admitted))) is regional
