"""Recipes that publish the guide: checked by the tools that read them, and run where they can be.

What nginx does is in test_publishing_nginx.py; manifests, templates and shell are checked with all
others of their kind.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from podrole.catalog import Catalog
from podrole.policy import PolicySet, Request, authorize, parse_policy
from tests.catalog.conftest import Shell
from tests.catalog.test_publishing_nginx import HEADERS
from tests.catalogue import CATALOG
from tests.files import files
from tests.shell_check import complaints
from tests.tools import needs

ROOT = Path(__file__).parents[2]
SNIPPETS = {one.id: one for one in CATALOG.of("publishing")}
#: The schema of each file that a forge reads, as check-jsonschema carries it.
FORGES = {
    "site-github-pages": "vendor.github-workflows",
    "site-gitlab-pages": "vendor.gitlab-ci",
}
DOCKERFILES = [one.id for one in SNIPPETS.values() if one.language == "dockerfile"]


def test_each_recipe_is_proven_as_it_says() -> None:
    """This file and its sibling do what the label says; the rest says why it is not run."""
    assert {name for name, one in SNIPPETS.items() if one.proof == "schema-checked"} == set(FORGES)
    assert {name for name, one in SNIPPETS.items() if one.proof == "executed"} == {
        "site-nginx-conf"
    }
    for snippet in SNIPPETS.values():
        if snippet.proof == "cited":
            assert "the tests" in (snippet.notes or ""), snippet.place


# -- what a forge runs ---------------------------------------------------------------------


def complaint(folder: Path, text: str, schema: str) -> str:
    """What check-jsonschema finds in a file; empty where nothing."""
    path = folder / "file.yml"
    path.write_text(text)
    checker = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run(
        [str(checker), "--builtin-schema", schema, "--quiet", str(path)],
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout or ("" if done.returncode == 0 else "refused")


@pytest.mark.parametrize("name", FORGES)
def test_a_forge_takes_it(tmp_path: Path, name: str) -> None:
    assert complaint(tmp_path, CATALOG.render(name, "yaml"), FORGES[name]) == ""


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("site-github-pages", "runs-on:", "run-on:"),
        ("site-github-pages", "id-token: write", "id-token: yes please"),
        ("site-gitlab-pages", "paths: [public]", "paths: {public: 1}"),
        ("site-gitlab-pages", "- if:", "- iff:"),
    ],
)
def test_a_fault_in_it_is_noticed(tmp_path: Path, name: str, old: str, new: str) -> None:
    text = CATALOG.render(name, "yaml")
    assert old in text
    assert complaint(tmp_path, text.replace(old, new), FORGES[name])


def test_actions_are_named_by_commit_and_may_do_little() -> None:
    text = CATALOG.render("site-github-pages", "yaml")
    used = re.findall(r"uses: (\S+)(.*)", text)
    assert len(used) == 5
    for action, comment in used:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action)
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), "say which version that is"
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {}
    build, deploy = workflow["jobs"]["build"], workflow["jobs"]["deploy"]
    assert build["permissions"] == {"contents": "read"}, "what builds may not publish"
    assert deploy["permissions"] == {"pages": "write", "id-token": "write"}
    assert build["steps"][0]["with"] == {"persist-credentials": False}
    assert build["steps"][-1]["with"]["path"] == "site", "where make site builds"


@pytest.mark.parametrize("name", [*FORGES, *DOCKERFILES])
def test_what_it_installs_is_what_make_needs(name: str) -> None:
    text = CATALOG.render(name, SNIPPETS[name].language or "")
    targets = set(re.findall(r"^([\w./-]+|\$\(STAMP\)):", (ROOT / "Makefile").read_text(), re.M))
    made = [one for line in re.findall(r"\bmake ([a-z. /]+)", text) for one in line.split()]
    called = [one for one in made if one not in ("nodejs", "npm")]
    assert called, "it builds something"
    assert set(called) <= targets | {".venv/.complete"}, "no such target in the Makefile"
    assert re.search(r"python(-version)?:\s*'?3\.1[1-4]\b", text), "Python 3.11 to 3.14"
    if "site" in called:
        assert "nodejs npm" in text or "setup-node" in text


# -- images --------------------------------------------------------------------------------


def instructions(name: str) -> list[tuple[str, str]]:
    """A Dockerfile, an instruction a row, with its lines joined."""
    text = re.sub(r"^\s*#.*\n", "", CATALOG.render(name, "dockerfile"), flags=re.MULTILINE)
    joined = text.replace("\\\n", " ")
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in joined.splitlines() if line]


@pytest.mark.parametrize("name", DOCKERFILES)
def test_an_image(name: str) -> None:
    rows = instructions(name)
    known = {"FROM", "RUN", "WORKDIR", "COPY", "USER", "EXPOSE", "ENTRYPOINT", "CMD", "ENV"}
    assert {row[0] for row in rows} <= known, "no ADD: it fetches and unpacks"
    stages = [value for key, value in rows if key == "FROM"]
    for image in stages:
        assert re.match(r"[\w./-]+:\d+\.\d+[\w.-]*( AS build)?$", image), f"{image}: pin a version"
    last = max(number for number, row in enumerate(rows) if row[0] == "FROM")
    users = [value for key, value in rows[last:] if key == "USER"]
    assert users
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1]), "a number, or runAsNonRoot cannot tell"
    for key, value in rows:
        if key == "COPY" and value.startswith("--from="):
            assert value.startswith("--from=build "), "a stage of this file"
        if key == "ENTRYPOINT" or key == "CMD":
            assert json.loads(value), "a list: a shell would take the signals"


@pytest.mark.parametrize("name", DOCKERFILES)
def test_what_an_image_runs_is_sound(name: str) -> None:
    script = "#!/bin/sh\nset -e\n" + "\n".join(
        row[1] for row in instructions(name) if row[0] == "RUN"
    )
    assert complaints(script, "sh") == ""


def test_the_image_serves_where_nginx_and_the_probe_look() -> None:
    catalog = Catalog(values={"site_path": "/iam/"})
    assert "/src/site /srv/site/iam/\n" in catalog.render("site-dockerfile", "dockerfile")
    assert "root /srv/site;" in catalog.render("site-nginx-conf", "nginx")
    deployment = yaml.safe_load(catalog.render("site-deployment", "yaml"))
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/iam/"
    assert pod["automountServiceAccountToken"] is False
    user = f"USER {pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}\n"
    assert user in catalog.render("site-dockerfile", "dockerfile")
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    writable = {one["mountPath"] for one in container["volumeMounts"]}
    wanted = re.findall(r"(?:_path|pid) (/\w+)/", catalog.render("site-nginx-conf", "nginx"))
    assert set(wanted) == writable, "what nginx writes lies in a volume"
    (rule,) = yaml.safe_load(catalog.render("site-ingress", "yaml"))["spec"]["rules"]
    assert rule["http"]["paths"][0]["path"] == "/iam/"


# -- S3 and CloudFront ---------------------------------------------------------------------


class Template(yaml.SafeLoader):
    """CloudFormation's YAML, with its functions replaced by what they would give."""


KNOWN = {
    "AWS::Partition": "aws",
    "AWS::AccountId": "111122223333",
    "Bucket.Arn": "arn:aws:s3:::guide",
    "Distribution": "E1",
}
Template.add_constructor("!Ref", lambda loader, node: f"ref {node.value}")
Template.add_constructor("!GetAtt", lambda loader, node: KNOWN.get(node.value, node.value))
Template.add_constructor(
    "!Sub", lambda loader, node: re.sub(r"\$\{(.+?)\}", lambda one: KNOWN[one[1]], node.value)
)
for function in ("!If", "!Not", "!Equals"):
    Template.add_constructor(function, lambda loader, node: loader.construct_sequence(node))


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    loaded = yaml.load(CATALOG.render("cfn-site", "yaml"), Template)
    return {name: one["Properties"] for name, one in loaded["Resources"].items()}


@pytest.mark.parametrize(
    ("action", "principal", "source", "secure", "effect"),
    [
        ("s3:GetObject", "cloudfront.amazonaws.com", "E1", "true", "allow"),
        ("s3:GetObject", "cloudfront.amazonaws.com", "E2", "true", "implicit_deny"),
        ("s3:GetObject", "cloudfront.amazonaws.com", "E1", "false", "explicit_deny"),
        ("s3:PutObject", "cloudfront.amazonaws.com", "E1", "true", "implicit_deny"),
        ("s3:GetObject", "*", "E1", "true", "implicit_deny"),
    ],
)
def test_who_reads_the_bucket(
    resources: dict[str, Any], action: str, principal: str, source: str, secure: str, effect: str
) -> None:
    policy = parse_policy(resources["BucketPolicy"]["PolicyDocument"], kind="resource")
    request = Request(
        principal=principal,
        action=action,
        resource="arn:aws:s3:::guide/index.html",
        resource_account="111122223333",
        context={
            "aws:SourceArn": f"arn:aws:cloudfront::111122223333:distribution/{source}",
            "aws:SecureTransport": secure,
        },
    )
    assert authorize(request, PolicySet(resource=policy)).effect == effect
    assert all(resources["Bucket"]["PublicAccessBlockConfiguration"].values())


def test_cloudfront_sends_the_same_headers_as_nginx(resources: dict[str, Any]) -> None:
    config = resources["Headers"]["ResponseHeadersPolicyConfig"]
    security = config["SecurityHeadersConfig"]
    sent = {one["Header"]: one["Value"] for one in config["CustomHeadersConfig"]["Items"]} | {
        "Content-Security-Policy": security["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        "Strict-Transport-Security": "max-age={AccessControlMaxAgeSec}".format(
            **security["StrictTransportSecurity"]
        ),
        "X-Content-Type-Options": "nosniff" if security["ContentTypeOptions"] else "",
        "X-Frame-Options": security["FrameOptions"]["FrameOption"],
    }
    assert sent == HEADERS
    behaviour = resources["Distribution"]["DistributionConfig"]["DefaultCacheBehavior"]
    assert behaviour["ResponseHeadersPolicyId"] == "ref Headers"


@pytest.mark.parametrize(
    ("uri", "becomes"),
    [
        ("/", "/index.html"),
        ("/howto/irsa/", "/howto/irsa/index.html"),
        ("/howto/irsa", "301 /howto/irsa/"),
        ("/assets/run.mjs", "/assets/run.mjs"),
        ("/v1.2/howto", "301 /v1.2/howto/"),
        ("//example.com/howto", "301 /example.com/howto/"),
        ("/\\example.com", "/\\example.com"),
        ("/\\example", "301 /example/"),
    ],
)
def test_the_function_at_the_edge(resources: dict[str, Any], uri: str, becomes: str) -> None:
    """Run by Node.js: CloudFront's own runtime is not to be had."""
    program = (
        resources["FolderIndex"]["FunctionCode"]
        + f"\nconst said = handler({{ request: {{ uri: {json.dumps(uri)} }} }});"
        + "\nconsole.log(said.uri ?? `${said.statusCode} ${said.headers.location.value}`);"
    )
    done = subprocess.run([needs("node"), "-"], input=program, capture_output=True, text=True)
    assert done.stdout.strip() == becomes, done.stderr


@pytest.fixture
def uploaded(shell: Shell) -> tuple[Any, str]:
    """A client of S3 and the bucket, after the upload of a small site."""
    bucket = CATALOG.values["site_bucket"]
    s3 = shell.boto("s3")
    s3.create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": CATALOG.values["region"]}
    )
    s3.put_object(Bucket=bucket, Key="old/index.html", Body=b"x")
    s3.put_object(Bucket=bucket, Key="assets/main.00000000.min.css", Body=b"x")
    for name in ("index.html", "a/index.html", "main.57a0d79d.min.css", "a.mjs", "p.wasm"):
        path = shell.folder / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    shell.run(CATALOG.render("site-upload", "bash"))
    return s3, bucket


def test_the_upload(uploaded: tuple[Any, str]) -> None:
    s3, bucket = uploaded
    heads = {
        one["Key"]: s3.head_object(Bucket=bucket, Key=one["Key"])
        for one in s3.list_objects_v2(Bucket=bucket)["Contents"]
    }
    assert set(heads) == {
        "a.mjs",
        "a/index.html",
        "assets/main.00000000.min.css",  # someone may have a page open that needs it
        "index.html",
        "main.57a0d79d.min.css",
        "p.wasm",
    }, "old/index.html is gone"
    caching = {key: head.get("CacheControl") for key, head in heads.items()}
    year = "public, max-age=31536000, immutable"
    assert caching.pop("main.57a0d79d.min.css") == year
    assert caching.pop("assets/main.00000000.min.css") is None, "not touched"
    assert set(caching.values()) == {"no-cache"}
    types = {key: head["ContentType"] for key, head in heads.items()}
    assert types["index.html"] == "text/html"
    assert types["p.wasm"] == "application/wasm", "or WebAssembly.compileStreaming refuses it"
    assert types["a.mjs"] in ("text/javascript", "application/javascript")


def test_what_the_upload_calls_a_hash_is_one() -> None:
    """The AWS CLI knows no regular expressions: `????????` must not meet an ordinary name."""
    for path in files(Path(needs("site")).parent, "**/*.????????.min.*"):
        assert re.search(r"\.[0-9a-f]{8}\.min\.", path.name), path.name


def test_the_cli_takes_the_stacks_arguments(shell: Shell) -> None:
    """It reads the template, and asks for a stack with what the lab has not."""
    (shell.folder / "cfn-site.yml").write_text(CATALOG.render("cfn-site", "yaml"))
    with pytest.raises(AssertionError) as caught:
        shell.run(CATALOG.render("site-stack", "bash"))
    assert "lab: CloudFormation makes no AWS::CloudFront::" in str(caught.value)


# -- a workshop ----------------------------------------------------------------------------


def test_a_participant_has_no_way_out_and_no_credentials() -> None:
    values = yaml.safe_load(CATALOG.render("workshop-values", "yaml"))
    user = values["singleuser"]
    policy = user["networkPolicy"]
    assert policy["enabled"] is True
    assert policy["egress"] == []
    open_to = {name for name, allowed in policy["egressAllowRules"].items() if allowed}
    assert open_to == {"dnsPortsKubeSystemNamespace"}
    assert user["cloudMetadata"] == {"blockWithIptables": True, "ip": "169.254.169.254"}
    assert user["serviceAccountName"] is None
    assert user["extraPodConfig"]["automountServiceAccountToken"] is False
    assert not [name for name in user["extraEnv"] if re.search("KEY|TOKEN|ROLE|PROFILE", name)]
    assert values["proxy"]["service"]["type"] == "ClusterIP", "no public load balancer"


def test_the_password_comes_from_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = yaml.safe_load(CATALOG.render("workshop-values", "yaml"))["hub"]
    assert hub["config"]["JupyterHub"]["authenticator_class"] == "shared-password"
    (name,) = hub["extraEnv"]
    secret = hub["extraEnv"][name]["valueFrom"]["secretKeyRef"]
    install = CATALOG.render("workshop-install", "bash")
    assert f"secret generic {secret['name']} " in install
    assert f"--from-literal={secret['key']}=" in install

    class Settings:
        class SharedPasswordAuthenticator:
            user_password = ""

    monkeypatch.setenv(name, "entered")
    exec(hub["extraConfig"]["password"], {"c": Settings})
    assert Settings.SharedPasswordAuthenticator.user_password == "entered"


def test_the_parts_of_a_workshop_fit() -> None:
    values = yaml.safe_load(CATALOG.render("workshop-values", "yaml"))
    first = values["singleuser"]["defaultUrl"].removeprefix("/lab/tree/")
    assert (ROOT / "notebooks" / first).is_file()
    rows = instructions("workshop-dockerfile")
    assert [value for key, value in rows if key == "WORKDIR"][-1] == "/opt/podrole/notebooks"
    chart = re.search(r"--version (\S+)", CATALOG.render("workshop-install", "bash"))
    assert chart
    assert f"chart jupyterhub {chart[1]}" in (SNIPPETS["workshop-values"].notes or "")
