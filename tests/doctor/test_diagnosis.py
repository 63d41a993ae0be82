"""Each fault, made in the lab: the doctor names its link, and its fix makes the pod work."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from podrole.doctor import Evidence, EvidenceError, diagnose
from tests.doctor.conftest import Ward
from tests.lab.conftest import (
    ACCOUNT,
    DEPLOYMENT,
    POD_IDENTITY_TRUST,
    ROLE_ARN,
    SERVICE_ACCOUNT,
    statement,
)


def trust(ward: Ward, document: dict[str, Any]) -> None:
    ward.setup.iam.update_assume_role_policy(
        RoleName="orders-api", PolicyDocument=json.dumps(document)
    )


class TestIrsa:
    @pytest.fixture(autouse=True)
    def irsa(self, ward: Ward) -> None:
        ward.setup.irsa_pod()
        assert ward.works()
        assert ward.broken() == []

    @pytest.mark.parametrize(
        ("operator", "subject"),
        [
            ("StringEquals", "system:serviceaccount:orders:*"),
            ("StringEquals", "system:serviceaccount:billing:orders-api"),
            ("StringLike", "system:serviceaccount:billing:*"),
        ],
    )
    def test_the_trust_policy_refuses(self, ward: Ward, operator: str, subject: str) -> None:
        trust(ward, ward.setup.irsa_trust(operator, subject))
        assert not ward.works()
        (link,) = [link for link in ward.links() if link.state == "broken"]
        assert link.name == "trust policy"
        assert f"{ward.setup.provider}:sub = {subject}" in link.says
        assert "the request has system:serviceaccount:orders:orders-api" in link.says
        trust(ward, ward.setup.irsa_trust())
        assert ward.works()
        assert ward.broken() == []

    def test_there_is_no_provider(self, ward: Ward) -> None:
        arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ward.setup.provider}"
        ward.setup.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        ward.setup.iam.create_open_id_connect_provider(
            Url="https://oidc.eks.us-west-2.amazonaws.com/id/00000000000000000000000000000000",
            ClientIDList=["sts.amazonaws.com"],
        )
        assert not ward.works()
        assert ward.broken() == ["provider"]
        ward.setup.create_provider()
        assert ward.works()

    def test_the_provider_lacks_the_audience(self, ward: Ward) -> None:
        arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ward.setup.provider}"
        of_it = {"OpenIDConnectProviderArn": arn}
        ward.setup.iam.add_client_id_to_open_id_connect_provider(**of_it, ClientID="other")
        ward.setup.iam.remove_client_id_from_open_id_connect_provider(
            **of_it, ClientID="sts.amazonaws.com"
        )
        assert not ward.works()
        assert ward.broken() == ["provider's client IDs"]

    def test_the_annotation_came_later(self, ward: Ward) -> None:
        ward.setup.cluster.apply(SERVICE_ACCOUNT)
        ward.restart()
        assert not ward.works()
        assert ward.broken() == ["set-up"]
        ward.setup.cluster.apply(ward.setup.annotated())
        assert not ward.works()
        (link,) = [link for link in ward.links() if link.state == "broken"]
        assert link.name == "injection"
        assert "recreate the pod" in link.fix
        ward.restart()
        assert ward.works()
        assert ward.broken() == []

    def test_the_annotation_is_misspelt(self, ward: Ward) -> None:
        wrong = f"{SERVICE_ACCOUNT}  annotations:\n    eks.amazonaws.com/rolearn: {ROLE_ARN}\n"
        ward.setup.cluster.apply(wrong)
        ward.restart()
        (link,) = [link for link in ward.links() if link.state == "broken"]
        assert "'eks.amazonaws.com/rolearn'" in link.says

    def test_another_role_is_annotated_now(self, ward: Ward) -> None:
        account = ward.setup.annotated().replace("role/orders-api", "role/another")
        ward.setup.cluster.apply(account)
        assert ward.broken() == ["annotation"]

    def test_a_static_key_comes_first(self, ward: Ward) -> None:
        key = "env: [{name: AWS_ACCESS_KEY_ID, value: AKIAIOSFODNN7EXAMPLE}, " + (
            "{name: AWS_SECRET_ACCESS_KEY, value: x}]"
        )
        ward.setup.cluster.apply(DEPLOYMENT.replace("image: app}", f"image: app, {key}}}"))
        assert not ward.works()
        assert ward.broken() == ["static key"]
        ward.setup.cluster.apply(DEPLOYMENT)
        assert ward.works()

    def test_the_container_is_skipped(self, ward: Ward) -> None:
        ward.setup.cluster.apply(
            DEPLOYMENT.replace(
                "labels: {app: orders-api}",
                "labels: {app: orders-api}, annotations: {eks.amazonaws.com/skip-containers: app}",
            )
        )
        assert not ward.works()
        assert ward.broken() == ["injection"]


class TestPodIdentity:
    @pytest.fixture(autouse=True)
    def pod_identity(self, ward: Ward) -> None:
        ward.setup.pod_identity_pod()
        assert ward.works()
        assert ward.broken() == []

    @pytest.mark.parametrize(
        ("elements", "says"),
        [
            ({"Action": "sts:AssumeRole"}, "sts:TagSession"),
            (
                {
                    "Action": ["sts:AssumeRole", "sts:TagSession"],
                    "Condition": {
                        "ArnEquals": {
                            "aws:SourceArn": f"arn:aws:eks:us-west-2:{ACCOUNT}:podidentity"
                            "association/demo/a-1"
                        }
                    },
                },
                f"the request has arn:aws:eks:us-west-2:{ACCOUNT}:cluster/demo",
            ),
            (
                {
                    "Action": ["sts:AssumeRole", "sts:TagSession"],
                    "Condition": {
                        "StringEquals": {"aws:RequestTag/kubernetes-namespace": "billing"}
                    },
                },
                "the request has orders",
            ),
        ],
    )
    def test_the_trust_policy_refuses(
        self, ward: Ward, elements: dict[str, Any], says: str
    ) -> None:
        trust(ward, statement(Principal={"Service": "pods.eks.amazonaws.com"}, **elements))
        ward.restart()
        assert not ward.works()
        (link,) = [link for link in ward.links() if link.state == "broken"]
        assert link.name == "trust policy"
        assert says in link.says
        trust(ward, POD_IDENTITY_TRUST)
        assert ward.works()

    def test_the_agent_is_missing(self, ward: Ward) -> None:
        ward.setup.eks.delete_addon(clusterName="demo", addonName="eks-pod-identity-agent")
        ward.restart()
        assert not ward.works()
        assert ward.broken() == ["agent"]

    def test_the_association_is_gone(self, ward: Ward) -> None:
        listed = ward.setup.eks.list_pod_identity_associations(clusterName="demo")
        ward.setup.eks.delete_pod_identity_association(
            clusterName="demo", associationId=listed["associations"][0]["associationId"]
        )
        assert ward.broken() == ["association"]

    def test_a_proxy_stands_before_the_agent(self, ward: Ward) -> None:
        proxy = "env: [{name: HTTP_PROXY, value: 'http://proxy:3128'}]"
        ward.setup.cluster.apply(DEPLOYMENT.replace("image: app}", f"image: app, {proxy}}}"))
        (link,) = [link for link in ward.links() if link.name == "way to the agent"]
        assert (link.state, link.snippet) == ("unknown", "deployment-proxy")
        assert ward.broken() == []
        spared = proxy[:-1] + ", {name: NO_PROXY, value: 'localhost,169.254.170.23'}]"
        ward.setup.cluster.apply(DEPLOYMENT.replace("image: app}", f"image: app, {spared}}}"))
        assert "way to the agent" not in [link.name for link in ward.links()]


def test_the_pod_came_before_the_association(ward: Ward) -> None:
    ward.setup.eks.create_addon(clusterName="demo", addonName="eks-pod-identity-agent")
    ward.setup.create_role(POD_IDENTITY_TRUST)
    ward.setup.deploy()
    ward.setup.lab.clock.move(seconds=5)
    ward.setup.associate()
    assert not ward.works()
    (link,) = [link for link in ward.links() if link.state == "broken"]
    assert link.name == "injection"
    assert "the pod is older" in link.says
    ward.restart()
    assert ward.works()
    assert ward.broken() == []


POD = {
    "kind": "Pod",
    "metadata": {"name": "p", "namespace": "orders", "uid": "0cda7f85"},
    "spec": {"containers": [{"name": "app"}]},
}


class TestEvidence:
    def of(self, *documents: Any) -> Evidence:
        evidence = Evidence()
        for number, document in enumerate(documents):
            evidence.add(json.dumps(document), f"file {number}")
        return evidence

    def test_what_no_file_tells_is_unknown_and_says_which_command_would(self) -> None:
        links = diagnose(self.of(POD))
        assert [link.state for link in links] == ["ok", "unknown"]
        assert links[1].fix == "kubectl -n orders get sa,pod -o yaml"

    def test_pod_identity_does_not_run_on_fargate(self) -> None:
        pod = json.loads(json.dumps(POD))
        pod["metadata"]["labels"] = {"eks.amazonaws.com/fargate-profile": "x"}
        association = {"namespace": "orders", "serviceAccount": "default", "roleArn": ROLE_ARN}
        links = diagnose(self.of(pod, {"association": association}))
        assert links[-1].name == "platform"

    def test_no_pod_and_several_pods(self) -> None:
        with pytest.raises(EvidenceError, match="no pod at all"):
            diagnose(self.of())
        other = json.loads(json.dumps(POD))
        other["metadata"]["name"] = "p2"
        both = diagnose(self.of({"kind": "List", "items": [POD, other]}), pod="")
        assert [link.says for link in both if link.name == "pod"] == [
            "orders/p runs as default",
            "orders/p2 runs as default",
        ]
        many = [{**POD, "metadata": {"name": f"p{number}"}} for number in range(20)]
        with pytest.raises(
            EvidenceError, match=r"several pods fit: p0, p1, .* choose one by --pod"
        ):
            diagnose(self.of(*many))
        assert diagnose(self.of(POD, other), pod="p2")[0].state == "ok"

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("{", "neither JSON nor YAML"),
            ("hello", "not the output of a supported"),
            ("[1, 2]", "not the output of a supported"),
            ('{"Roles": []}', "not the output of a supported"),
            ("[" * 100_000, "nested too deeply|neither JSON nor YAML"),
        ],
    )
    def test_another_file_is_named(self, text: str, says: str) -> None:
        with pytest.raises(EvidenceError, match=rf"^notes\.txt: ({says})"):
            Evidence().add(text, "notes.txt")

    def test_any_shape_of_the_right_outputs_is_survived(self, ward: Ward) -> None:
        """Each value of each output is replaced by each kind of value, one after the other."""
        ward.setup.irsa_pod()
        both = [*ward.setup.irsa_trust()["Statement"], *POD_IDENTITY_TRUST["Statement"]]
        ward.setup.iam.update_assume_role_policy(
            RoleName="orders-api",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": both}),
        )
        ward.setup.eks.create_addon(clusterName="demo", addonName="eks-pod-identity-agent")
        ward.setup.associate()
        documents = [yaml.safe_load(text) for text in ward.outputs()]
        tried = 0
        for number, document in enumerate(documents):
            for changed in variants(document):
                evidence = Evidence()
                try:
                    for other, whole in enumerate(documents):
                        text = json.dumps(changed if other == number else whole, default=str)
                        evidence.add(text, "file")
                    diagnose(evidence)
                except EvidenceError:
                    pass
                tried += 1
        assert tried > 300


def variants(tree: Any) -> Any:
    """The tree with one value replaced."""
    yield from (None, "", "x", 7, [], {}, [None], {"a": [1]})
    if isinstance(tree, dict):
        for key, value in tree.items():
            for changed in variants(value):
                yield {**tree, key: changed}
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            for changed in variants(value):
                yield [*tree[:index], changed, *tree[index + 1 :]]
