"""Why a pod has none of the webhook's variables: the surest reason of those that files show."""

from __future__ import annotations

from typing import Any

import pytest

from tests.doctor.chains import AGENT_ENVIRONMENT, IRSA_ENVIRONMENT, ROLE, Chain, by_agent, irsa

KEY = "eks.amazonaws.com/role-arn"


@pytest.fixture
def chain() -> Chain:
    """A pod that nothing gives a role: no variable, annotation or association."""
    found = by_agent()
    found.set()
    found.association, found.listed = None, []
    return found


def account(name: str, namespace: str = "press", **annotations: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "annotations": {KEY: ROLE, **annotations}}
    return {"kind": "ServiceAccount", "metadata": metadata}


def test_nothing_is_set_up(chain: Chain) -> None:
    link = chain.only()
    assert (link.name, link.snippet) == ("set-up", "pia-create")
    assert "printer has neither an annotation nor an association" in link.says


def test_nothing_is_set_up_as_far_as_files_show(chain: Chain) -> None:
    chain.listed = None
    link = chain.only("unknown")
    assert link.name == "set-up"
    assert "no file lists associations" in link.says
    assert link.fix.startswith("aws eks list-pod-identity-associations")


def test_no_file_shows_the_service_account(chain: Chain) -> None:
    chain.account = None
    link = chain.only("unknown")
    assert (link.name, link.says) == ("service account", "no file shows press/printer")
    assert link.fix == "kubectl -n press get sa,pod -o yaml"


def test_a_skipped_container(chain: Chain) -> None:
    chain.pod["metadata"]["annotations"] = {"eks.amazonaws.com/skip-containers": "sidecar,app"}
    chain.annotations[KEY] = ROLE
    link = chain.only()
    assert link.says == "the container app is listed in skip-containers"
    assert link.snippet == "skip-containers-remove"


@pytest.mark.parametrize("name", [*IRSA_ENVIRONMENT, *AGENT_ENVIRONMENT])
def test_half_of_a_pair_is_set_by_hand(chain: Chain, name: str) -> None:
    chain.set(**{name: "x"})
    link = chain.only()
    assert link.says.startswith(f"{name} is set by hand in the manifest")
    (pair,) = [pair for pair in (IRSA_ENVIRONMENT, AGENT_ENVIRONMENT) if name in pair]
    (other,) = [one for one in pair if one != name]
    assert link.says.endswith(other)


class TestAssociation:
    @pytest.fixture(autouse=True)
    def associated(self, chain: Chain) -> None:
        chain.association = by_agent().association

    @pytest.mark.parametrize(
        ("born", "says"),
        [
            ("2026-11-09T10:00:00Z", "the pod is older (2026-11-09"),
            ("2026-11-10T10:00:00Z", "the pod is older (2026-11-10"),
            ("2026-11-11T10:00:00Z", "the pod is newer (2026-11-11"),
            ("", "did not know the association yet, or was down"),
        ],
    )
    def test_which_was_first(self, chain: Chain, born: str, says: str) -> None:
        chain.pod["metadata"]["creationTimestamp"] = born
        link = chain.only()
        assert (link.name, link.snippet) == ("injection", "rollout-restart")
        assert "there is an association, but the pod has no variables" in link.says
        assert says in link.says

    @pytest.mark.parametrize("platform", ["fargate", "windows"])
    def test_a_platform_without_it(self, chain: Chain, platform: str) -> None:
        if platform == "fargate":
            chain.pod["metadata"]["labels"] = {"eks.amazonaws.com/fargate-profile": "press"}
        else:
            chain.pod["spec"]["nodeSelector"] = {"kubernetes.io/os": "windows"}
        link = chain.only()
        assert link.name == "platform"
        assert link.says == f"the pod runs on {platform}, which does not support Pod Identity"

    def test_of_another_cluster(self, chain: Chain) -> None:
        assert chain.association is not None
        chain.association["clusterName"] = "quarry"
        link = chain.only()
        assert link.name == "association"
        assert "belongs to another cluster, quarry" in link.says

    def test_of_another_namespace(self, chain: Chain) -> None:
        assert chain.association is not None
        chain.association["namespace"] = "bindery"
        assert chain.only().name == "set-up"


class TestAnnotatedLater:
    @pytest.fixture(autouse=True)
    def annotated(self, chain: Chain) -> None:
        chain.annotations[KEY] = ROLE

    def managed(self, chain: Chain, time: str, key: str = KEY) -> None:
        assert chain.account is not None
        fields = {"f:metadata": {"f:annotations": {f"f:{key}": {}}}}
        chain.account["metadata"]["managedFields"] = [{"time": time, "fieldsV1": fields}]

    def test_nothing_tells_when(self, chain: Chain) -> None:
        link = chain.only()
        assert (link.name, link.snippet) == ("injection", "sa-annotate")
        assert link.says.endswith("the pod is older than the annotation, or the webhook was down")
        assert "recreate the pod" in link.fix

    def test_the_account_is_younger(self, chain: Chain) -> None:
        assert chain.account is not None
        chain.account["metadata"]["creationTimestamp"] = "2026-11-21T10:00:00Z"
        assert "older (2026-11-20T10:00" in chain.only().says
        assert "than the service account (2026-11-21" in chain.only().says

    def test_the_annotation_is_younger(self, chain: Chain) -> None:
        self.managed(chain, "2026-11-22T10:00:00Z")
        assert "than the annotation (2026-11-22" in chain.only().says

    def test_the_annotation_is_older(self, chain: Chain) -> None:
        self.managed(chain, "2026-11-02T10:00:00Z")
        assert "so the webhook was down" in chain.only().says

    def test_another_annotation_was_written(self, chain: Chain) -> None:
        self.managed(chain, "2026-11-22T10:00:00Z", "team")
        assert chain.only().says.endswith("or the webhook was down")


class TestMisplaced:
    @pytest.mark.parametrize("where", ["service account", "pod"])
    def test_for_kube2iam(self, chain: Chain, where: str) -> None:
        found = chain.annotations
        if where == "pod":
            found = chain.pod["metadata"].setdefault("annotations", {})
        found["iam.amazonaws.com/role"] = "printer"
        assert chain.only().says.startswith(f"iam.amazonaws.com/role on the {where} is the annot")

    def test_on_the_pod(self, chain: Chain) -> None:
        chain.pod["metadata"]["annotations"] = {KEY: ROLE}
        assert chain.only().says.startswith(f"{KEY} is on the pod, where nothing reads it")

    @pytest.mark.parametrize(
        "key", ["eks.amazonaws.com/rolearn", "eks.amazonaws.com/role", "EKS.amazonaws.com/Role-ARN"]
    )
    def test_under_another_key(self, chain: Chain, key: str) -> None:
        chain.annotations[key] = ROLE
        assert chain.only().says == f"printer has the annotation {key!r}; the key is {KEY!r}"

    @pytest.mark.parametrize("key", ["meta.helm.sh/release-name", "press.example/role"])
    def test_a_key_that_means_no_role(self, chain: Chain, key: str) -> None:
        chain.annotations[key] = ROLE
        assert chain.only().name == "set-up"

    def test_empty(self, chain: Chain) -> None:
        chain.annotations[KEY] = ""
        assert chain.only().says == f"{KEY} of printer is empty"

    def test_on_another_service_account(self, chain: Chain) -> None:
        chain.more = [account("printer-role")]
        del chain.pod["spec"]["serviceAccountName"]
        assert chain.account is not None
        chain.account["metadata"]["name"] = "default"
        link = chain.only()
        assert "the pod runs as default, while the service account printer-role" in link.says
        assert "write serviceAccountName: printer-role" in link.fix

    def test_on_one_that_it_does_not_mean(self, chain: Chain) -> None:
        chain.more = [account("binder")]
        assert chain.only().name == "set-up"

    def test_in_another_namespace(self, chain: Chain) -> None:
        chain.more = [account("printer", "bindery")]
        assert chain.only().says.startswith("bindery/printer is annotated, but the pod runs as pr")

    def test_in_another_namespace_while_associations_are_not_known(self, chain: Chain) -> None:
        chain.more, chain.listed = [account("printer", "bindery")], None
        assert chain.only("unknown").name == "set-up"


@pytest.mark.parametrize("make", [irsa, by_agent])
def test_a_whole_chain_has_no_reason(make: Any) -> None:
    assert make().says() == []
