"""Which variables a pod may set for a program of this machine, and which the reader keeps."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from podrole.lab.commands import pod_variables
from podrole.lab.commands.pod_variables import refusal

GROUPS = yaml.safe_load(
    files("podrole.lab.commands").joinpath("refused_variables.yaml").read_text()
)
#: What pods set every day, and nothing is started by.
EVERYDAY = """
ENV=production PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONFAULTHANDLER=1 PYTHONHASHSEED=0
NODE_ENV=production NODE_EXTRA_CA_CERTS=/etc/ca.pem GODEBUG=x=1 GOMAXPROCS=2 GOMEMLIMIT=1GiB GOGC=50
MALLOC_ARENA_MAX=2 RUST_LOG=info RUST_BACKTRACE=1 GIT_SHA=abc GIT_COMMIT=abc GIT_BRANCH=main TZ=UTC
LANG=C LC_ALL=C HOME=/home/app TMPDIR=/scratch XDG_CACHE_HOME=/cache HTTPS_PROXY=http://proxy:3128
https_proxy=http://proxy:3128 NO_PROXY=.svc SSL_CERT_FILE=/etc/ca.pem REQUESTS_CA_BUNDLE=/etc/ca.pem
DATABASE_URL=postgres://db PORT=8080 LOG_LEVEL=debug POD_NAME=a KUBERNETES_SERVICE_HOST=10.0.0.1
SPRING_PROFILES_ACTIVE=prod OTEL_SERVICE_NAME=a DD_ENV=prod ASPNETCORE_URLS=http://+:80
DOTNET_gcServer=1 ERL_CRASH_DUMP=/dev/null BUNDLE_WITHOUT=test path=x env=x
AWS_REGION=us-west-2 AWS_DEFAULT_REGION=us-west-2 AWS_ROLE_ARN=a AWS_WEB_IDENTITY_TOKEN_FILE=/t
AWS_STS_REGIONAL_ENDPOINTS=regional AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1/v1
AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=/t AWS_PROFILE=target AWS_SDK_LOAD_CONFIG=1
AWS_ACCESS_KEY_ID=AKIA AWS_EC2_METADATA_DISABLED=true AWS_CA_BUNDLE=/etc/ca.pem AWS_MAX_ATTEMPTS=3
"""
#: What someone would set who may make pods in another's lab.
ATTACKS = """
LD_PRELOAD LD_AUDIT DYLD_INSERT_LIBRARIES BASH_ENV ENV SHELLOPTS BASHOPTS PS4 PROMPT_COMMAND IFS
PATH CDPATH PYTHONSTARTUP PYTHONPATH PYTHONHOME PYTHONINSPECT NODE_OPTIONS NODE_PATH PERL5OPT
JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS PERL5LIB RUBYOPT RUBYLIB GCONV_PATH MALLOC_TRACE
GLIBC_TUNABLES GIT_SSH_COMMAND GIT_CONFIG_COUNT BASH_FUNC_ls%% npm_config_node_options
AWS_CONFIG_FILE AWS_ENDPOINT_URL_S3 KUBECONFIG BOTO_CONFIG
"""


@pytest.mark.parametrize("given", EVERYDAY.split())
def test_what_starts_nothing_is_no_business_of_ours(given: str) -> None:
    name, _, value = given.partition("=")
    assert refusal(name, value) is None


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group["by"])
def test_each_variable_is_refused_with_its_reason_and_has_a_source(group: dict[str, str]) -> None:
    assert group["sources"]
    for name in group["names"].split():
        assert refusal(name.replace("*", "X"), "/tmp/x") == group["by"]


@pytest.mark.parametrize("name", ATTACKS.split())
def test_what_an_attacker_reaches_for_is_refused(name: str) -> None:
    assert refusal(name, "/tmp/x")


@pytest.mark.parametrize("value", ["/tmp/x", "$(id)", "`id`", "~/x", "a b"])
def test_env_is_a_stage_or_a_shells_file(value: str) -> None:
    assert refusal("ENV", value)


def test_what_is_kept_of_the_readers_holds_no_identity() -> None:
    identity = re.compile(r"AWS|BOTO|KUBE|GOOGLE|AZURE|SSH|HOME\Z|XDG|.*(TOKEN|SECRET|KEY|_PROXY)")
    names = " ".join(pod_variables.KEPT.values()).split()
    assert [name for name in names if identity.match(name)] == []


def test_tools_that_live_in_the_home_folder_are_found(tmp_path: Path) -> None:
    (tmp_path / "go").mkdir()
    (tmp_path / ".pyenv").mkdir()
    reader = {"HOME": str(tmp_path), "PYENV_ROOT": "/opt/pyenv", "PATH": "/bin", "SECRET": "x"}
    assert pod_variables.kept(reader, []) == {
        "GOPATH": str(tmp_path / "go"),
        "PYENV_ROOT": "/opt/pyenv",
        "PATH": "/bin",
    }
