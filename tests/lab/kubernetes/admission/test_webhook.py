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
    asked = given or pod()
    changes = webhook.patch(asked, service_account, associated=associated, region="us-west-2")
    return webhook.admitted(asked, changes)


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


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("3600", 3600),
        ("60", 600),
        ("-5", 600),
        ("+7200", 7200),
        ("0000000000000000000003601", 3601),
        ("x", 86400),
        ("", 86400),
        ("1_000", 86400),
        (" 3600", 86400),
        (str(2**70), 86400),
        (str(-(2**63)), 600),
        (str(2**63), 86400),
    ],
)
def test_the_lifetime_annotation(asked: str, given: int) -> None:
    """As the real webhook answers (see `bench/beside_webhook.py`)."""
    admitted = admit(account(**{"role-arn": ROLE, "token-expiration": asked}))
    assert projection(admitted)["expirationSeconds"] == given
    own = pod()
    own["metadata"]["annotations"] = {"eks.amazonaws.com/token-expiration": asked}
    admitted = admit(account(**{"role-arn": ROLE, "token-expiration": "1800"}), own)
    assert projection(admitted)["expirationSeconds"] == (1800 if given == 86400 else given)


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
    given["metadata"]["annotations"] = {"eks.amazonaws.com/skip-containers": "proxy,other"}
    admitted = admit(account(**{"role-arn": ROLE}), given)
    assert variables(admitted)
    assert admitted["spec"]["containers"][1] == {"name": "proxy"}
    assert admitted["spec"]["initContainers"][0]["env"]


@pytest.mark.parametrize(
    ("annotation", "skipped"),
    [
        ("c0", "0"),
        ("c0,c1", "01"),
        ("c0, c1", "0"),
        ('"c0","c1"', "01"),
        ('c0,c"1"', ""),
        ('"c0', ""),
        ('"c0"x,c1', ""),
        ("\nc1\nc0", "1"),
        ("c0\r\nc1", "0"),
        ("", ""),
    ],
)
def test_which_containers_are_skipped(annotation: str, skipped: str) -> None:
    """The first record of a CSV, nothing trimmed, as the real webhook answers."""
    given = pod()
    given["spec"]["containers"] = [{"name": "c0"}, {"name": "c1"}]
    given["metadata"]["annotations"] = {"eks.amazonaws.com/skip-containers": annotation}
    admitted = admit(account(**{"role-arn": ROLE}), given)
    left = [item["name"][1] for item in admitted["spec"]["containers"] if "env" not in item]
    assert "".join(left) == skipped


def test_the_volume_is_added_where_each_container_is_skipped() -> None:
    given = pod()
    given["metadata"]["annotations"] = {"eks.amazonaws.com/skip-containers": "app"}
    admitted = admit(account(**{"role-arn": ROLE}), given)
    assert admitted["spec"]["containers"] == [{"name": "app"}]
    assert [volume["name"] for volume in admitted["spec"]["volumes"]] == ["aws-iam-token"]


def test_a_container_is_left_alone_only_if_it_sets_one_variable_of_each_group() -> None:
    pair = [{"name": "AWS_ROLE_ARN", "value": "mine"}, {"name": "AWS_REGION", "value": "eu-west-1"}]
    service_account = account(**{"role-arn": ROLE, "sts-regional-endpoints": "false"})
    container = admit(service_account, pod(env=pair))["spec"]["containers"][0]
    assert container["env"] == pair
    assert [mount["name"] for mount in container["volumeMounts"]] == ["aws-iam-token"]
    whole = [*pair, {"name": "AWS_STS_REGIONAL_ENDPOINTS", "value": "legacy"}]
    assert admit(service_account, pod(env=whole))["spec"]["containers"] == [
        {"name": "app", "env": whole}
    ]


def test_an_association_of_an_absent_service_account_gives_no_regional_endpoint() -> None:
    names = [name for name, _ in variables(admit({}, associated=True))]
    assert names == [
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    ]


@pytest.mark.parametrize("empty", [None, {}, []])
def test_empty_members_of_a_pod(empty: Any) -> None:
    given = pod(env=[], volumeMounts=[] if empty == [] else None)
    given["metadata"]["labels"] = empty or None
    given["spec"]["volumes"] = empty or None
    admitted = admit(account(), given, associated=True)
    assert len(admitted["spec"]["volumes"]) == 1
    assert len(admitted["spec"]["containers"][0]["volumeMounts"]) == 1


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
