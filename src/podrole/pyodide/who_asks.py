"""Who asks a pasted policy for what: a form of the page becomes requests."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from podrole.policy import Policy, Request
from podrole.policy.error import InputError

#: Whose forms there are.
IRSA, POD_IDENTITY, CALLER = "irsa", "pod-identity", "caller"
_PODS = "pods.eks.amazonaws.com"
_PROVIDER = re.compile(
    r"arn:(?P<partition>[a-z-]+):iam::(?P<account>[0-9]{12}):oidc-provider/(?P<issuer>.+)"
)
_ROLE = re.compile(r"arn:(?P<partition>[a-z-]+):iam::(?P<account>[0-9]{12}):role/.+")
_CLUSTER = re.compile(
    r"arn:(?P<partition>[a-z-]+):eks:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):cluster/(?P<name>\S+)"
)
_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9]+")
#: A pod's name and id are in its session tags; a form without them still gives each key a value.
_NO_POD = ("any-pod", "00000000-0000-0000-0000-000000000000")

Form = Mapping[str, Any]


class FormError(InputError):
    """A field that cannot be asked with; `field` is its name in the form."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


class Unfilled(FormError):
    """A field that nobody has filled yet: no fault, and no answer either."""


@dataclass(frozen=True)
class Asked:
    """What is asked.

    Attributes:
        requests: all must be allowed.
        notes: what was taken for granted, as sentences.
        own: whether the caller's own policies are taken to allow everything.
    """

    requests: tuple[Request, ...]
    notes: tuple[str, ...] = ()
    own: bool = False


def asked(form: Form, policy: Policy) -> Asked:
    """The requests that a form stands for.

    `form`: `mode` (irsa, pod-identity or caller) and the fields of that form, all texts. `policy`:
    the policy that will be asked; a trust policy fills what the form leaves open. Raises FormError:
    a field is wrong, or (Unfilled) still empty.
    """
    mode = form.get("mode") or CALLER
    if mode not in _FORMS:
        raise FormError("mode", f"{mode!r} is not one of {', '.join(_FORMS)}")
    if policy.kind != "trust":
        mode = CALLER  # a pod asks for a role; then the role asks, by its session's ARN
    return _FORMS[str(mode)](form, policy)


def suggested(policy: Policy) -> str:
    """The form that fits whom a trust policy names."""
    if policy.kind != "trust" or next(_providers(policy), None):
        return IRSA if policy.kind == "trust" else CALLER
    principals = [statement.principal for statement in policy.statements]
    named = [one for one in principals if isinstance(one, Mapping)]
    return POD_IDENTITY if any(_PODS in one.get("Service", ()) for one in named) else CALLER


def _irsa(form: Form, policy: Policy) -> Asked:
    notes = []
    named = list(_providers(policy))
    issuer = _text(form, "issuer").removeprefix("https://").rstrip("/")
    if not issuer and named:
        issuer = named[0]["issuer"]
        notes.append(f"asked as a pod of the cluster that the policy names, {issuer}")
    if not issuer:
        raise Unfilled("issuer", "the cluster's issuer")
    if re.search(r"\s", issuer):
        raise FormError("issuer", "an issuer must not contain spaces")
    subject = _subject(form)
    home = next((one for one in named if one["issuer"] == issuer), named[0] if named else None)
    role, note = _role(form, home)
    arn = _ROLE.fullmatch(role)
    assert arn is not None
    provider = f"arn:{arn['partition']}:iam::{arn['account']}:oidc-provider/{issuer}"
    audience = _text(form, "audience") or "sts.amazonaws.com"
    context = {f"{issuer}:sub": subject, f"{issuer}:aud": audience}
    request = Request(provider, "sts:AssumeRoleWithWebIdentity", role, context)
    return Asked((request,), (*notes, *note))


def _pod_identity(form: Form, _policy: Policy) -> Asked:
    """What EKS asks for a pod: to assume the role, and to tag the session (EKS User Guide,
    "Grant Pods access to AWS resources based on tags", checked 2026-11-24)."""
    given = _needed(form, "cluster", "the cluster's ARN")
    cluster = _CLUSTER.fullmatch(given)
    if not cluster:
        example = "arn:aws:eks:us-west-2:111122223333:cluster/demo"
        raise FormError("cluster", f"{given} is not a cluster's ARN; example: {example}")
    _subject(form)
    role, note = _role(form, cluster)
    arn = _ROLE.fullmatch(role)
    assert arn is not None
    context: dict[str, str | list[str]] = {
        "aws:SourceAccount": arn["account"],
        "aws:SourceArn": given,
    }
    if form.get("untagged"):
        return Asked((Request(_PODS, "sts:AssumeRole", role, context),), note)
    pod = _text(form, "pod")
    tags = {
        "eks-cluster-arn": given,
        "eks-cluster-name": cluster["name"],
        "kubernetes-namespace": _text(form, "namespace"),
        "kubernetes-service-account": _text(form, "serviceAccount"),
        "kubernetes-pod-name": pod or _NO_POD[0],
        "kubernetes-pod-uid": _NO_POD[1],
    }
    context |= {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    context["aws:TagKeys"] = list(tags)
    actions = ("sts:AssumeRole", "sts:TagSession")
    return Asked(tuple(Request(_PODS, action, role, context) for action in actions), note)


def _caller(form: Form, policy: Policy) -> Asked:
    principal = _needed(form, "principal", "who asks, as an ARN")
    actions = re.split(r"[\s,]+", _needed(form, "action", "the action"))
    for action in actions:
        if not _ACTION.fullmatch(action):
            raise FormError("action", f"{action} is not an action; example: s3:GetObject")
    resource = _text(form, "resource")
    if not resource and policy.kind != "trust":
        raise Unfilled("resource", "the resource, as an ARN or *")
    resource = resource or _role(form, _home(policy))[0]
    account = _text(form, "resourceAccount") or None
    if account and not re.fullmatch(r"[0-9]{12}", account):
        raise FormError("resourceAccount", f"{account} is not an account ID (12 digits)")
    context = _context(_text(form, "context"))
    requests = tuple(Request(principal, one, resource, context, account) for one in actions)
    own = bool(form.get("own")) and policy.kind in ("trust", "resource")
    own = own and requests[0].who.kind not in ("web-identity", "service", "anonymous")
    return Asked(requests, own=own)


_FORMS: Mapping[str, Callable[[Form, Policy], Asked]] = {
    IRSA: _irsa,
    POD_IDENTITY: _pod_identity,
    CALLER: _caller,
}


def _context(lines: str) -> dict[str, str | list[str]]:
    """Lines of key=value; the same key again makes a set, as for `podrole explain`."""
    found: dict[str, str | list[str]] = {}
    for number, line in enumerate(lines.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not key:
            raise FormError("context", f"line {number}: {line.strip()} is not key=value")
        before = found.get(key)
        if before is None:
            found[key] = value
        else:
            found[key] = [*([before] if isinstance(before, str) else before), value]
    return found


def _subject(form: Form) -> str:
    namespace = _needed(form, "namespace", "the namespace")
    account = _needed(form, "serviceAccount", "the service account")
    for field, value in (("namespace", namespace), ("serviceAccount", account)):
        if re.search(r"[\s:]", value):
            raise FormError(field, f"{value}: a name must not contain spaces or colons")
    return f"system:serviceaccount:{namespace}:{account}"


def _role(form: Form, home: re.Match[str] | None) -> tuple[str, tuple[str, ...]]:
    """The role's ARN: the form's, else one of the account that policy or cluster name."""
    given = _text(form, "role")
    if given:
        if not _ROLE.fullmatch(given):
            example = "arn:aws:iam::111122223333:role/orders-api"
            raise FormError("role", f"{given} is not a role's ARN; example: {example}")
        return given, ()
    partition, account = (home["partition"], home["account"]) if home else ("aws", "111122223333")
    return f"arn:{partition}:iam::{account}:role/this-role", (f"the role is in account {account}",)


def _home(policy: Policy) -> re.Match[str] | None:
    return next(_providers(policy), None)


def _providers(policy: Policy) -> Iterator[re.Match[str]]:
    """The OIDC providers that a trust policy names."""
    for statement in policy.statements:
        principal = statement.principal
        if isinstance(principal, Mapping):
            for value in principal.get("Federated", ()):
                if match := _PROVIDER.fullmatch(value):
                    yield match


def _text(form: Form, field: str) -> str:
    value = form.get(field)
    return value.strip() if isinstance(value, str) else ""


def _needed(form: Form, field: str, what: str) -> str:
    value = _text(form, field)
    if not value:
        raise Unfilled(field, what)
    return value
