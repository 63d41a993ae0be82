"""A second opinion: IAM's rules once more, slow and obvious, sharing no code with the engine.

Written from the IAM user guide ("Policy evaluation logic", "Condition operators", "Principal",
"Variables and tags"). Rows as `podrole decide` takes them in, effects out.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]
LITERAL_STAR, LITERAL_MARK = "\ue000", "\ue001"  # what ${*} and a variable's own stars become


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def glob(pattern: str, text: str) -> bool:
    pieces = [{"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern]
    text = text.replace("*", LITERAL_STAR).replace("?", LITERAL_MARK)
    return re.fullmatch("".join(pieces), text, re.DOTALL) is not None


def substitute(text: str, context: Json, version: str) -> str | None:
    """The text with its variables; None where one has no value. Substituted stars are literal."""
    if version != "2012-10-17":
        return text
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        name, default = match[1], None
        if name in "*?$" and name:
            found: Any = name
        else:
            parts = re.fullmatch(r"\s*([^,]+?)\s*,\s*'([^']*)'\s*", name)
            if parts:
                name, default = parts[1], parts[2]
            found = next((v for k, v in context.items() if k.lower() == name.strip().lower()), None)
            if isinstance(found, list):
                found = found[0] if len(found) == 1 else None
            if found is None:
                found = default
        if found is None:
            missing = True
            return ""
        return str(found).replace("*", LITERAL_STAR).replace("?", LITERAL_MARK)

    result = re.sub(r"\$\{([^}]*)\}", value, text)
    return None if missing else result


def plain(text: str) -> str:
    return text.replace(LITERAL_STAR, "*").replace(LITERAL_MARK, "?")


def moment(text: str) -> datetime:
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return datetime.fromtimestamp(float(text), UTC)
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def arn_like(wanted: str, actual: str) -> bool:
    one, two = wanted.split(":", 5), actual.split(":", 5)
    return len(one) == len(two) == 6 and all(map(glob, one, two))


def compare(base: str, wanted: str, actual: str) -> bool:
    """The positive form of an operator on one value each."""
    positive = base.replace("Not", "")
    try:
        if positive == "StringEquals":
            return plain(wanted) == actual
        if positive == "StringEqualsIgnoreCase":
            return plain(wanted).lower() == actual.lower()
        if positive == "StringLike":
            return glob(wanted, actual)
        if positive in ("ArnEquals", "ArnLike"):
            return arn_like(wanted, actual)
        if positive == "Bool":
            return plain(wanted).lower() == actual.lower() in ("true", "false")
        if positive == "BinaryEquals":
            both = [base64.b64decode(text, validate=True) for text in (plain(wanted), actual)]
            return both[0] == both[1]
        if positive == "IpAddress":
            network = ipaddress.ip_network(plain(wanted), strict=False)
            return ipaddress.ip_address(actual) in network
        kind, _, order = re.match(r"(Numeric|Date)()(.*)", positive).groups()  # type: ignore[union-attr]
        read: Any = float if kind == "Numeric" else moment
        have, want = read(actual), read(plain(wanted))
    except ValueError:
        return False
    return bool(
        {
            "Equals": have == want,
            "LessThan": have < want,
            "LessThanEquals": have <= want,
            "GreaterThan": have > want,
            "GreaterThanEquals": have >= want,
        }[order]
    )


def condition_holds(operator: str, key: str, values: Any, context: Json, version: str) -> bool:
    qualifier, _, base = operator.rpartition(":")
    if_exists = base.endswith("IfExists")
    base = base.removesuffix("IfExists")
    found = [v for k, v in context.items() if k.lower() == key.lower()]
    actual = as_list(found[0]) if found else []
    texts = [str(v).lower() if isinstance(v, bool) else str(v) for v in as_list(values)]
    if base == "Null":
        return any((text.lower() == "true") == (not actual) for text in texts)
    negated = "Not" in base
    if not actual:
        return if_exists or qualifier == "ForAllValues" or (negated and not qualifier)
    takes_variables = base.startswith(("String", "Arn", "Bool"))
    wanted = [
        item
        for item in (substitute(t, context, version if takes_variables else "") for t in texts)
        if item is not None
    ]

    def one(value: str) -> bool:
        hit = any(compare(base, item, value) for item in wanted)
        return not hit if negated else hit

    if qualifier == "ForAllValues":
        return set(actual) == {""} or all(one(value) for value in actual)
    if qualifier == "ForAnyValue":
        return any(one(value) for value in actual)
    return len(actual) == 1 and one(actual[0])


def resource_matches(wanted: str, actual: str, context: Json, version: str) -> bool:
    pattern = substitute(wanted, context, version)
    if pattern is None or wanted == "*":
        return pattern is not None
    if not set("*?") & set(pattern):
        return plain(pattern) == actual
    if actual == "*":
        return False
    count = len(pattern.split(":", 5))
    parts = pattern.split(":", 5)
    have = actual.split(":", count - 1 if pattern.endswith("*") else 5)
    return len(parts) == len(have) and all(map(glob, parts, have))


def is_web_identity(who: str) -> bool:
    built_in = ("accounts.google.com", "cognito-identity.amazonaws.com")
    return "-provider/" in who or who in (*built_in, "graph.facebook.com", "www.amazon.com")


def principal_matches(element: Any, who: str, bounded: bool, inverse: bool) -> str | None:
    """'direct', 'role' or 'account', or None."""
    hits = set()
    federated = is_web_identity(who)
    service = not who.startswith("arn:") and not federated
    for kind, value in (
        [("AWS", "*")]
        if element == "*"
        else [(kind, item) for kind, items in element.items() for item in as_list(items)]
    ):
        if value == "*" and kind == "AWS":
            hits.add("direct")
        elif kind == "CanonicalUser":
            hits |= {"direct"} if value == who else set()
        elif who == "*" or (kind == "Service") != service or (kind == "Federated") != federated:
            continue
        elif value == who:
            hits.add("role" if ":role/" in who else "direct")
        elif kind == "AWS":
            account = who.split(":")[4]
            if value in (account, f"arn:aws:iam::{account}:root"):
                hits.add("account")
            session = re.fullmatch(r"arn:aws:sts::(\d+):assumed-role/([^/]+)/.+", who)
            role = re.fullmatch(r"arn:aws:iam::(\d+):role/(?:.*/)?([^/]+)", value)
            if session and role and session.groups() == role.groups():
                hits.add("role")
    how = next((name for name in ("direct", "role", "account") if name in hits), None)
    if not inverse:
        return how
    spared = how in ("direct", "role") or (how == "account" and who.endswith(":root"))
    return "direct" if bounded or not spared else None


def applies(statement: Json, request: Json, version: str, bounded: bool) -> str | None:
    action = request["action"].lower()
    named = any(glob(a.lower(), action) for a in as_list(statement.get("Action", [])))
    if "NotAction" in statement:
        named = not any(glob(a.lower(), action) for a in as_list(statement["NotAction"]))
    if not named:
        return None
    for name, wanted in (("Resource", True), ("NotResource", False)):
        if name in statement:
            hit = any(
                resource_matches(item, request["resource"], request["context"], version)
                for item in as_list(statement[name])
            )
            if hit != wanted:
                return None
    how: str | None = "direct"
    for name in ("Principal", "NotPrincipal"):
        if name in statement:
            inverse = name == "NotPrincipal"
            hit = bounded and statement["Effect"] == "Deny"
            how = principal_matches(statement[name], request["principal"], hit, inverse)
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            if not condition_holds(operator, key, values, request["context"], version):
                return None
    return how


OF_AWS = {
    r"arn:[^:]+:iam::aws:policy/.*": r"iam:(Create|Delete|SetDefault|Tag|Untag)Policy(Version)?",
    r"arn:[^:]+:iam::\d+:role/aws-service-role/.*": r"iam:(DeleteRole|UpdateAssumeRolePolicy"
    r"|(Put|Delete)RolePermissionsBoundary|(Put|Delete|Attach|Detach)RolePolicy)",
    r"arn:[^:]+:kms:.*:alias/aws/.*": r"kms:(Create|Delete|Update)Alias",
}


def evaluate(request: Json, policies: Json) -> str:
    """allow, implicit_deny or explicit_deny for one action."""
    found = by_policies(request, policies)
    for resource, action in OF_AWS.items():
        if re.fullmatch(resource, request["resource"]) and re.fullmatch(
            action, request["action"], re.IGNORECASE
        ):
            return "implicit_deny" if found == "allow" else found
    return found


def by_policies(request: Json, policies: Json) -> str:
    if request["action"].lower() == "sts:getcalleridentity":
        return "allow"
    who, resource = request["principal"], request["resource"]
    outsider = not who.startswith("arn:") or is_web_identity(who)
    action = request["action"].lower()
    federated_user = ":federated-user/" in who
    bounded = bool(policies.get("boundary"))
    groups: list[tuple[str, list[Json]]] = []
    for layer in ("identity", "resource", "boundary", "session", "scp", "rcp", "endpoint"):
        value = policies.get(layer) or []
        if layer in ("scp", "rcp"):
            groups += [(layer, as_list(level)) for level in value]
        elif value:
            groups.append((layer, as_list(value)))
    said: dict[str, list[set[str]]] = {}
    for layer, documents in groups:
        if outsider and layer not in ("resource", "rcp", "endpoint"):
            continue
        if layer in ("scp", "rcp") and ":assumed-role/AWSServiceRoleFor" in who:
            continue
        allows = set()
        for document in documents:
            version = document.get("Version", "2008-10-17")
            for statement in as_list(document["Statement"]):
                how = applies(statement, request, version, bounded)
                if how and statement["Effect"] == "Deny":
                    return "explicit_deny"
                if how:
                    allows.add(how)
        effects = [item["Effect"] for one in documents for item in as_list(one["Statement"])]
        if layer == "rcp" and "Allow" not in effects:
            allows.add("RCPFullAWSAccess")
        said.setdefault(layer, []).append(allows)
    if action.startswith("sts:") and federated_user:
        return "implicit_deny"
    if action.startswith("sts:assumerole") and re.fullmatch(r"arn:[^:]*:iam::\d+:root", who):
        return "implicit_deny"
    if any(not level for layer in ("rcp", "scp", "endpoint") for level in said.get(layer, [])):
        return "implicit_deny"

    def allowed(layer: str) -> bool:
        return any(said.get(layer, []))

    grants = set().union(*said.get("resource", [set()]))
    if outsider:
        return "allow" if grants else "implicit_deny"
    account = who.split(":")[4]
    owner = request.get("resource_account") or (resource.split(":", 5) + [""] * 6)[4] or account
    root = who.endswith(":root")
    limits = all(allowed(layer) for layer in ("boundary", "session") if policies.get(layer))
    trust = request["action"].lower() in (
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:tagsession",
        "sts:setsourceidentity",
    )
    both = owner != account or trust or bool(re.match(r"arn:[^:]*:kms:[^:]*:[^:]*:key/", resource))
    if both and not grants:
        return "implicit_deny"
    chained = action == "sts:setsourceidentity" and ":assumed-role/" in who
    if owner == account and not chained:
        session = ":assumed-role/" in who or ":role/" in who
        if "direct" in grants or ("role" in grants and not session):
            return "allow"
        if "role" in grants:
            return "allow" if limits else "implicit_deny"
    identity = allowed("identity") and (not federated_user or bool(policies.get("session")))
    if (identity or root) and limits:
        return "allow"
    return "implicit_deny"
