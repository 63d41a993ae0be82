"""Policy documents, parsed strictly.

Source: IAM user guide, "Grammar of the IAM JSON policy language" (checked 2026-11-23).
"""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from podrole.policy.conditions import Condition
from podrole.policy.document import Kind, Policy
from podrole.policy.error import PolicyError
from podrole.policy.operators import OPERATORS
from podrole.policy.statement import Statement

_ELEMENTS = {
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
}
_TOP = {"Version", "Id", "Statement"}
#: A dict is known at once; to ask `Mapping` first costs a microsecond each time.
OBJECTS = (dict, Mapping)
_PRINCIPAL_KINDS = {"AWS", "Service", "Federated", "CanonicalUser"}
_VERSIONS = {"2012-10-17", "2008-10-17"}
_WITH_PRINCIPAL = {"resource", "trust", "rcp"}
_QUALIFIERS = ("ForAllValues", "ForAnyValue")
#: Access Analyzer's issue codes that several faults share.
_TYPE, _ELEMENT = "DATA_TYPE_MISMATCH", "INVALID_POLICY_ELEMENT"
_PRINCIPAL = "UNSUPPORTED_PRINCIPAL"


def parse_policy(
    document: str | bytes | Mapping[str, Any],
    *,
    kind: Kind = "identity",
    name: str = "",
    arn: str = "",
) -> Policy:
    """Parse a policy of a kind, with its ARN if it has one. Raises PolicyError with a path."""
    if not isinstance(document, OBJECTS):
        document = _object(document)
    if not document.keys() <= _TOP:
        key = next(key for key in document if key not in _TOP)
        nearest = _nearest(key, ["Version", "Statement"])
        raise PolicyError(str(key), "unknown element", nearest, code=_ELEMENT)
    version = document.get("Version", "2008-10-17")
    if not isinstance(version, str) or version not in _VERSIONS:
        reason = f"{version!r} is not a version"
        raise PolicyError("Version", reason, "2012-10-17", code="INVALID_VERSION")
    statements = document.get("Statement")
    if isinstance(statements, OBJECTS):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        code = _TYPE if statements else "MISSING_STATEMENT"
        raise PolicyError("Statement", "a policy needs at least one statement", code=code)
    variables = version == "2012-10-17"
    parsed = tuple(
        [_statement(item, f"Statement[{i}]", kind, variables) for i, item in enumerate(statements)]
    )
    sids = [item.sid for item in parsed if item.sid]
    if sids and len(set(sids)) < len(sids):
        sid = next(sid for sid, times in Counter(sids).items() if times > 1)
        raise PolicyError("Statement", f"Sid {sid!r} is used twice", code="UNIQUE_SIDS_REQUIRED")
    return Policy(document, kind, name, parsed, arn)


def _object(text: Any) -> Mapping[str, Any]:
    if isinstance(text, str | bytes | bytearray):
        try:
            text = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise PolicyError("", f"not JSON: {error}", code="JSON_SYNTAX_ERROR") from error
    if not isinstance(text, OBJECTS):
        raise PolicyError("", "a policy must be a JSON object", code=_TYPE)
    return text


def _statement(item: Any, path: str, kind: str, variables: bool) -> Statement:
    if not isinstance(item, OBJECTS):
        raise PolicyError(path, "a statement must be a JSON object", code=_TYPE)
    if not item.keys() <= _ELEMENTS:
        key = next(key for key in item if key not in _ELEMENTS)
        nearest = _nearest(key, _ELEMENTS)
        raise PolicyError(f"{path}.{key}", "unknown element", nearest, code=_ELEMENT)
    if item.get("Effect") not in ("Allow", "Deny"):
        reason = f"{item.get('Effect')!r} is neither Allow nor Deny"
        code = "INVALID_EFFECT" if "Effect" in item else "MISSING_EFFECT"
        raise PolicyError(f"{path}.Effect", reason, code=code)
    actions, not_action = _either(item, "Action", "NotAction", path, needed=True)
    needed = kind != "trust" and not (kind == "resource" and _of_repository(actions))
    resources, not_resource = _either(item, "Resource", "NotResource", path, needed=needed)
    if kind == "trust" and resources is not None:
        raise PolicyError(f"{path}.Resource", "Has prohibited field Resource", code=_ELEMENT)
    if not isinstance(item.get("Sid", ""), str):
        raise PolicyError(f"{path}.Sid", "must be a string", code=_TYPE)
    for action in actions or ():
        if action != "*" and ":" not in action:
            reason = f"{action!r} is neither * nor service:Action"
            raise PolicyError(f"{path}.Action", reason, code="INVALID_ACTION")
    has_principal = "Principal" in item or "NotPrincipal" in item
    if has_principal != (kind in _WITH_PRINCIPAL):
        verb = "needs" if kind in _WITH_PRINCIPAL else "takes no"
        reason = f"a policy of this kind ({kind}) {verb} Principal"
        code = "MISSING_PRINCIPAL" if kind in _WITH_PRINCIPAL else _PRINCIPAL
        raise PolicyError(f"{path}.Principal", reason, code=code)
    if "NotPrincipal" in item and kind != "resource":
        reason = f"not allowed in a policy of kind {kind}"
        raise PolicyError(f"{path}.NotPrincipal", reason, code=_PRINCIPAL)
    if kind == "rcp" and item["Principal"] != "*":
        reason = "a resource control policy allows only *"
        raise PolicyError(f"{path}.Principal", reason, code=_PRINCIPAL)
    name = "NotPrincipal" if "NotPrincipal" in item else "Principal"
    varying: tuple[str, ...] = ()
    if variables and resources:
        varying = tuple([text for text in resources if "${" in text])
    return Statement(
        path,
        item.get("Sid"),
        item["Effect"],
        tuple([action.lower() for action in actions or ()]),
        not_action,
        resources,
        not_resource,
        _principal(item[name], f"{path}.{name}") if has_principal else None,
        name == "NotPrincipal",
        _conditions(item["Condition"], path, variables) if "Condition" in item else (),
        variables,
        varying,
    )


def _of_repository(actions: tuple[str, ...] | None) -> bool:
    """Whether only ECR's actions are named: a repository's policy has no Resource.

    Source: ECR User Guide, "Private repository policy examples" (checked 2026-11-24).
    """
    return bool(actions) and all(one.lower().startswith("ecr:") for one in actions or ())


def _either(
    item: Mapping[str, Any], name: str, inverse: str, path: str, *, needed: bool
) -> tuple[tuple[str, ...] | None, bool]:
    if inverse not in item:
        if name in item:
            return _strings(item[name], path, name), False
        if needed:
            raise PolicyError(f"{path}.{name}", "is missing", code=f"MISSING_{name.upper()}")
        return None, False
    if name in item:
        raise PolicyError(
            f"{path}.{inverse}",
            f"cannot be used together with {name}; keep one of them",
            code="UNSUPPORTED_ELEMENT_COMBINATION",
        )
    return _strings(item[inverse], path, inverse), True


def _strings(value: Any, path: str, key: str) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not _strings_alone(value):
        raise PolicyError(f"{path}.{key}", "must be a string or a list of strings", code=_TYPE)
    if not value:
        element = "PRINCIPAL" if path.endswith("Principal") else key.upper()
        code = f"EMPTY_ARRAY_{element.removeprefix('NOT')}"
        raise PolicyError(f"{path}.{key}", "must not be empty", code=code)
    return tuple(value)


def _strings_alone(values: list[Any]) -> bool:
    for value in values:  # noqa: SIM110  (half as long as all() over a generator)
        if not isinstance(value, str):
            return False
    return True


def _principal(value: Any, path: str) -> Mapping[str, tuple[str, ...]] | str:
    if value == "*":
        return "*"
    if not isinstance(value, OBJECTS) or not value:
        code = "INVALID_PRINCIPAL_FORMAT" if isinstance(value, str) else _TYPE
        code = "EMPTY_OBJECT_PRINCIPAL" if value == {} else code
        raise PolicyError(path, 'must be "*" or an object such as {"AWS": …}', code=code)
    for key in value:
        if key not in _PRINCIPAL_KINDS:
            nearest = _nearest(key, _PRINCIPAL_KINDS)
            raise PolicyError(f"{path}.{key}", "unknown", nearest, code="INVALID_PRINCIPAL_KEY")
    return {key: _strings(entry, path, key) for key, entry in value.items()}


def _conditions(block: Any, path: str, variables: bool) -> tuple[Condition, ...]:
    if not isinstance(block, OBJECTS):
        raise PolicyError(f"{path}.Condition", "must be an object", code=_TYPE)
    found = []
    for operator, keys in block.items():
        place = f"{path}.Condition.{operator}"
        known = _read_operator(operator)
        if known is None:
            raise _no_operator(operator, place)
        if not isinstance(keys, OBJECTS):
            raise PolicyError(place, "must be an object of keys and values", code=_TYPE)
        for key, value in keys.items():
            if not isinstance(key, str):
                reason = "a condition key must be a string"
                raise PolicyError(f"{place}.{key}", reason, code=_TYPE)
            if isinstance(value, str):
                texts: tuple[str, ...] = (value,)
            else:
                texts = _condition_values(value, f"{place}.{key}")
            found.append(Condition(*known, key, texts, variables))
    return tuple(found)


@lru_cache(maxsize=256)
def _read_operator(operator: Any) -> tuple[str, str, bool] | None:
    """The base operator, its set operator and whether it ends in IfExists; None for no operator."""
    if not isinstance(operator, str):  # YAML has keys that are no texts
        return None
    qualifier, _, base = operator.rpartition(":")
    if_exists = base.endswith("IfExists") and base != "NullIfExists"
    base = base.removesuffix("IfExists") if if_exists else base
    if base not in (*OPERATORS, "Null") or qualifier not in ("", *_QUALIFIERS):
        return None
    return base, qualifier, if_exists


def _no_operator(operator: Any, place: str) -> PolicyError:
    if not isinstance(operator, str):
        return PolicyError(place, "an operator must be a string", code=_TYPE)
    base = operator.rpartition(":")[2]
    base = base if base == "NullIfExists" else base.removesuffix("IfExists")
    nearest = _nearest(base, [*OPERATORS, "Null"])
    code = "NULL_WITH_IF_EXISTS" if base == "NullIfExists" else "INVALID_CONDITION_OPERATOR"
    return PolicyError(place, "unknown operator", nearest, code=code)


def _condition_values(value: Any, path: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(entry, str | int | float) for entry in values):
        raise PolicyError(path, "values must be strings, numbers or booleans", code=_TYPE)
    return tuple([str(v).lower() if isinstance(v, bool) else str(v) for v in values])


def _nearest(word: str, known: Iterable[str]) -> str | None:
    found = difflib.get_close_matches(str(word), list(known), n=1)
    return found[0] if found else None
