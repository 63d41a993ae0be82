"""The catalogue's short programs, built by their languages' own tools and run as pods of a lab.

Each has a role, a service account and a pod of its own, named after it, so that what one of them is
given helps no other.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from podrole.lab.commands import pod_variables
from podrole.lab.commands.pod_files import PodFiles
from podrole.lab.serving.lab_client import LabClient
from tests.apps.conftest import APPS, OTHER_ACCOUNT, node_sources, operator
from tests.catalogue import CATALOG
from tests.client_programs import CACHE, CLIENTS, node_modules
from tests.kept_results import kept
from tests.lab.conftest import ACCOUNT
from tests.lab.doors.served_pods import Cluster
from tests.tools import needs

JOBS = ("chain", "secret", "narrow", "client", "refresh")
#: `make test-sdks` sets it: Java and Rust too, and each program by both mechanisms.
ALL = bool(os.environ.get("PODROLE_SDKS"))
LANGUAGES = ("python", "go", "typescript", *(("java", "rust") if ALL else ()))
#: What the guide says that a job's role needs.
PERMISSION = {
    "chain": "identity-assume-target",
    "narrow": "identity-assume-target",
    "secret": "identity-secretsmanager-read",
    "client": "identity-s3-read",
    "refresh": "identity-s3-read",
}
#: The pause of a program that runs for months: a minute, as each language writes it.
_PAUSE = re.compile(r"\b60(?=\)| \* time|_000)")


def values_of(name: str) -> dict[str, str]:
    """The reader's values for one program: its names are its own."""
    return {
        "role_name": name,
        "service_account": name,
        "target_role_name": f"{name}-target",
        **({"bucket": "orders-data-b"} if name.startswith("narrow") else {}),
    }


def source(name: str, pause: int) -> str:
    """The text of a program, as a page shows it to a reader with its values.

    `pause`: seconds, in the place of the minute that a program waits which runs for months.
    """
    text = CATALOG.render(name, CATALOG.formats(name)[0], values_of(name))
    text, waits = _PAUSE.subn(str(pause), text)
    assert waits == name.startswith("refresh"), name
    return f"{text}\n"


def build(language: str, sources: Mapping[str, str], folder: Path) -> dict[str, list[str]]:
    """The commands that run the programs of one language.

    `sources`: names to texts. `folder`: an empty one, for what is built.
    """
    for name, text in sources.items():
        path = folder / _place(language, name, text)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    names = list(sources)
    match language:
        case "go":
            return _go(names, folder)
        case "typescript":
            return _typescript(sources, folder)
        case "java":
            return _java(sources, folder)
        case "rust":
            return _rust(names, folder)
        case _:
            return {name: [sys.executable, str(folder / f"{name}.py")] for name in names}


def _place(language: str, name: str, text: str) -> str:
    """Where each language wants a program; Java names the file after its class."""
    return {
        "go": f"{name}/main.go",
        "typescript": f"src/{name}.ts",
        "java": f"{name}/{_class(text)}.java",
        "rust": f"src/bin/{name}.rs",
    }.get(language, f"{name}.py")


def _class(text: str) -> str:
    found = re.search(r"^public class (\w+)", text, re.MULTILINE)
    return found[1] if found else ""


def _run(command: list[str], folder: Path, **environment: str) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _go(names: list[str], folder: Path) -> dict[str, list[str]]:
    for name in ("go.mod", "go.sum"):
        shutil.copy(APPS / "go" / name, folder)
    (folder / "built").mkdir()
    _run([needs("go"), "build", "-ldflags=-s -w", "-o", "built/", "./..."], folder)
    return {name: [str(folder / "built" / name)] for name in names}


def _typescript(sources: Mapping[str, str], folder: Path) -> dict[str, list[str]]:
    modules = node_modules(APPS / "node")
    (folder / "node_modules").symlink_to(modules)
    shutil.copy(APPS / "node" / "tsconfig.json", folder)
    (folder / "package.json").write_text('{"type": "module"}')

    def compiled() -> dict[str, str]:
        _run([needs("node"), str(modules / "typescript/bin/tsc")], folder)
        return {one.stem: one.read_text() for one in (folder / "dist").glob("*.js")}

    inputs = [*node_sources(), json.dumps(sources, sort_keys=True)]
    (folder / "dist").mkdir(exist_ok=True)
    for name, text in kept("short-programs", inputs, compiled).items():
        (folder / "dist" / f"{name}.js").write_text(text)
    return {name: [needs("node"), str(folder / "dist" / f"{name}.js")] for name in sources}


def _java(sources: Mapping[str, str], folder: Path) -> dict[str, list[str]]:
    """Maven brings the libraries."""
    libraries = CACHE / "java-libraries"
    project, done = CLIENTS / "java/pom.xml", libraries / ".complete"
    if not done.exists() or done.stat().st_mtime < project.stat().st_mtime:
        shutil.rmtree(libraries, ignore_errors=True)
        copy = ["dependency:copy-dependencies", f"-DoutputDirectory={libraries}"]
        _run([needs("maven"), "--batch-mode", "--quiet", *copy], project.parent)
        done.touch()
    path = f"{libraries}/*"
    for name, text in sources.items():
        program = _place("java", name, text)
        strict = ["-Xlint:all,-classfile", "-Werror"]
        _run([needs("jdk"), *strict, "-cp", path, "-d", str(folder / name), program], folder)
    return {
        name: [needs("java"), "-cp", f"{folder / name}:{path}", _class(text)]
        for name, text in sources.items()
    }


def _rust(names: list[str], folder: Path) -> dict[str, list[str]]:
    for name in ("Cargo.toml", "Cargo.lock"):
        shutil.copy(CLIENTS / "rust" / name, folder)
    target = CACHE / "rust-target"
    _run([needs("cargo"), "build", "--quiet", "--locked"], folder,
         CARGO_TARGET_DIR=str(target), RUSTFLAGS="-D warnings")  # fmt: skip
    for name in names:
        shutil.copy(target / "debug" / name, folder)
    return {name: [str(folder / name)] for name in names}


class Pods:
    """A lab with a pod for each program, whose role may do nothing yet."""

    def __init__(self, served: dict[str, Any], names: list[str], mechanism: str) -> None:
        self._served, self._names, self._mechanism = served, names, mechanism
        eks = operator(served, "eks")
        issuer = eks.describe_cluster(name="demo")["cluster"]["identity"]["oidc"]["issuer"]
        self._values = {"oidc_id": issuer.rpartition("/")[2]}
        iam = operator(served, "iam")
        iam.create_open_id_connect_provider(Url=issuer, ClientIDList=["sts.amazonaws.com"])
        eks.create_addon(clusterName="demo", addonName="eks-pod-identity-agent")
        self._make_data()
        cluster = Cluster(served)
        cluster("POST", "/api/v1/namespaces", {"metadata": {"name": "orders"}})
        trust = "trust-irsa-exact" if mechanism == "irsa" else "trust-pod-identity"
        for name in names:
            arn = iam.create_role(
                RoleName=name, AssumeRolePolicyDocument=self._policy(name, trust)
            )["Role"]["Arn"]
            if mechanism == "irsa":
                cluster.run("orders", name, **{"eks.amazonaws.com/role-arn": arn})
            else:
                eks.create_pod_identity_association(
                    clusterName="demo", namespace="orders", serviceAccount=name, roleArn=arn
                )
                cluster.run("orders", name)
            self._make_target(name)

    def _policy(self, name: str, policy: str) -> str:
        return CATALOG.render(policy, "json", {**self._values, **values_of(name)})

    def _make_data(self) -> None:
        where = {"LocationConstraint": "us-west-2"}
        own, other = (operator(self._served, "s3", one) for one in (ACCOUNT, OTHER_ACCOUNT))
        own.create_bucket(Bucket=CATALOG.values["bucket"], CreateBucketConfiguration=where)
        own.put_object(Bucket=CATALOG.values["bucket"], Key="in/a.csv", Body=b"x")
        other.create_bucket(Bucket="orders-data-b", CreateBucketConfiguration=where)
        operator(self._served, "secretsmanager").create_secret(
            Name=CATALOG.values["secret_name"], SecretString='{"password": "fish"}'
        )

    def _make_target(self, name: str) -> None:
        """The role in the other account, which trusts the program's role from the beginning."""
        iam, role = operator(self._served, "iam", OTHER_ACCOUNT), f"{name}-target"
        iam.create_role(
            RoleName=role,
            AssumeRolePolicyDocument=self._policy(name, "trust-chained-role-tags"),
        )
        iam.put_role_policy(
            RoleName=role, PolicyName="may", PolicyDocument=self._policy(name, "identity-s3-write")
        )

    def grant(self) -> None:
        """Give each role the permission that its job needs."""
        for name in self._names:
            policy = self._policy(name, PERMISSION[name.partition("-")[0]])
            operator(self._served, "iam").put_role_policy(
                RoleName=name, PolicyName="may", PolicyDocument=policy
            )

    def environment(self, name: str, folder: Path) -> dict[str, str]:
        """A pod's variables; its files lie in the folder. As `podrole lab exec`, but started once
        for all pods, and without the kubelet that renews the files."""
        pod = LabClient(self._served["endpoint"]).pod(name, "orders", None)
        folder.mkdir(exist_ok=True)
        files = PodFiles(folder)
        files.write(pod.files)
        inside = {key: files.moved(value) for key, value in pod.env.items()}
        own = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        return pod_variables.without_proxy({**own, **pod.reach, **inside})

    def command(self, name: str, program: list[str]) -> list[str]:
        """Run a program as its pod, for longer than its files stay good."""
        lab = [sys.executable, "-m", "podrole", "lab", "exec", "--endpoint"]
        return [*lab, self._served["endpoint"], name, "-n", "orders", "--", *program]

    def sessions(self, name: str) -> int:
        """How often the program's role was assumed for its pod."""
        trail = operator(self._served, "cloudtrail")
        # EKS's own event names no role; the one of STS does.
        event = "AssumeRoleWithWebIdentity" if self._mechanism == "irsa" else "AssumeRole"
        found = trail.get_paginator("lookup_events").paginate(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": event}]
        )
        events = (event["CloudTrailEvent"] for page in found for event in page["Events"])
        return sum(f'role/{name}"' in one for one in events)

    def marks(self) -> set[str]:
        """What the narrowed sessions have written, of all tenants."""
        found = operator(self._served, "s3", OTHER_ACCOUNT).list_objects_v2(Bucket="orders-data-b")
        return {one["Key"] for one in found.get("Contents", [])}
