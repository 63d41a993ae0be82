"""A request of the API server's HTTP interface, as far as it can be read before it is answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import yaml
from werkzeug.wrappers import Request, Response

from podrole.lab.json_document import DEEPEST, TooDeep, check_depth, read_loosely
from podrole.lab.kubernetes.admission import admission_review
from podrole.lab.kubernetes.admission.admission_review import Review
from podrole.lab.kubernetes.admission.asking import Asking
from podrole.lab.kubernetes.auth.rbac import User
from podrole.lab.kubernetes.http import protobuf
from podrole.lab.kubernetes.http.route import Route
from podrole.lab.kubernetes.objects import fields, typing
from podrole.lab.kubernetes.objects.kinds import Object
from podrole.lab.kubernetes.objects.status import ApiError
from podrole.lab.protocol import request_body

APPLY = "application/apply-patch+yaml"
_YAML = (APPLY, "application/yaml")
JSON_PATCH = "application/json-patch+json"
#: Kubernetes' own limit of a body, in bytes.
LARGEST_BODY = 3 * 1024 * 1024
#: Where a request keeps what was read ahead.
_READ = "podrole.body"
_OPTIONS = {"create": "CreateOptions", "update": "UpdateOptions", "patch": "PatchOptions"}
_VALIDATIONS = ("Ignore", "Warn", "Strict")


class ApiRequest:
    """One request for an object or a collection, and the warnings that its answer carries."""

    def __init__(self, http: Request, route: Route) -> None:
        self.http = http
        self.route = route
        self.verb = _verb(http, route)
        self.warnings: list[str] = []
        if route.kind.custom is not None and route.kind.custom.deprecation:
            self.warnings.append(route.kind.custom.deprecation)

    @property
    def as_table(self) -> bool:
        """Whether the client wants what `kubectl get` prints."""
        return "as=Table" in self.http.headers.get("Accept", "")

    @property
    def included(self) -> str:
        """What a table's rows have of their objects: `Object`, `None`, or their metadata."""
        return self.http.args.get("includeObject", "")

    @property
    def manager(self) -> str:
        """Who changes fields: `fieldManager`, else the client program's name."""
        agent = self.http.headers.get("User-Agent", "").partition("/")[0]
        return self.http.args.get("fieldManager", "") or agent or "unknown"

    def asking(self, user: User, *, dry_run: bool = False) -> Asking:
        """Who asks, as webhooks hear of it; their warnings come with the answer."""
        given = self.http.args
        options: dict[str, Any] = {
            name: given[name] for name in ("fieldManager", "fieldValidation") if given.get(name)
        }
        nothing = dry_run or self.dry_run()
        if nothing:
            options["dryRun"] = ["All"]
        return Asking(user, options, nothing, self.route.subresource, self.warnings)

    def dry_run(self) -> bool:
        """Whether nothing is to be stored. Raises ApiError for another value than All."""
        wanted = self.http.args.getlist("dryRun")
        if any(value != "All" for value in wanted):
            options = _OPTIONS.get(self.verb, "DeleteOptions")
            raise ApiError(
                422,
                f'{options}.meta.k8s.io "" is invalid: dryRun: Unsupported value:'
                f' {json.dumps(wanted)}: supported values: "All"',
            )
        return bool(wanted)

    def object(self, message: str) -> Object:
        """The body, with the fields that it may have. Raises ApiError for what is none."""
        return self.checked(message, body(self.http))

    def checked(self, message: str, given: Any) -> Object:
        """A message of version v1 without unknown fields, which the client hears of.

        Raises ApiError.
        """
        return self._known(message, "v1", given, lambda: fields.read(message, "v1", given))

    def typed(self, given: Any, patch: Any | None = None) -> Object:
        """An object of the route's kind without unknown fields, which the client hears of.

        `patch` is what has made the object, where it was one. Raises ApiError.
        """
        kind = self.route.kind
        return self._known(kind.name, kind.version, given, lambda: typing.read(kind, given), patch)

    def _known(
        self,
        message: str,
        version: str,
        given: Any,
        read: Callable[[], tuple[Object, list[str]]],
        patch: Any | None = None,
    ) -> Object:
        try:
            check_depth(given)  # a patch may have made it of two that are not too deep
        except ValueError as error:
            raise ApiError(422, f'{message} "" is invalid: patch: Invalid value: {error}') from None
        known, unknown = read()
        validation = self.http.args.get("fieldValidation") or "Warn"
        if validation not in _VALIDATIONS:
            raise ApiError(
                422,
                f'fieldValidation: Unsupported value: "{validation}": supported values:'
                ' "Ignore", "Strict", "Warn"',
            )
        if unknown and validation == "Strict":
            raise _unknown_fields(message, version, unknown, patch)
        if validation == "Warn":
            self.warnings += fields.described(unknown)
        return known

    def answer(self, document: Any, code: int = 200) -> Response:
        """A document as the answer, with the warnings."""
        response = answer(document, code)
        for warning in self.warnings:
            response.headers.add("Warning", f"299 - {json.dumps(warning)}")
        return response


def _unknown_fields(message: str, version: str, unknown: list[str], patch: Any | None) -> ApiError:
    said = f"strict decoding error: {', '.join(fields.described(unknown))}"
    if patch is not None:
        shown = json.dumps(json.dumps(patch, separators=(",", ":")))
        return ApiError(422, f' "" is invalid: patch: Invalid value: {shown}: {said}')
    return ApiError(
        400, f'{message} in version "{version}" cannot be handled as a {message}: {said}'
    )


def answer(document: Any, code: int = 200) -> Response:
    """A document as JSON."""
    return Response(json.dumps(document), code, content_type="application/json")


def _verb(http: Request, route: Route) -> str:
    named = bool(route.name)
    watching = http.args.get("watch", "").lower() in ("1", "true")
    verbs = {
        "GET": "watch" if watching and not route.subresource else "get" if named else "list",
        "HEAD": "get" if named else "list",
        "POST": "create",
        "PUT": "update" if named else "",
        "PATCH": "patch" if named else "",
        "DELETE": "delete" if named else "deletecollection",
    }
    verb = verbs.get(http.method, "")
    if not verb or (verb == "create" and named and not route.subresource):
        raise ApiError(405, "the server does not allow this method on the requested resource")
    return verb


_STR = "tag:yaml.org,2002:str"


class _Loader(yaml.SafeLoader):
    """YAML without aliases: they let a small text stand for an object without end. Of tags there is
    `!!str`: PyYAML fails at others that do not fit their texts."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not read here")
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "tag", None) not in (None, "!", _STR):
            raise yaml.YAMLError("no tag but !!str is read here")
        if self._depth > DEEPEST:
            raise TooDeep
        self._depth += 1
        found = super().compose_node(parent, index)
        self._depth -= 1
        return found


def too_large() -> ApiError:
    """The refusal of a body beyond the limit (`apimachinery/pkg/api/errors`, 2026-11-28)."""
    return ApiError(413, f"Request entity too large: limit is {LARGEST_BODY}")


def read_ahead(environ: dict[str, Any]) -> None:
    """Read the body before the lock is taken: 3 MB of YAML take many seconds."""
    request_body.read_ahead(environ, _READ, lambda: _read(Request(environ)))


def read_review_ahead(environ: dict[str, Any]) -> None:
    """Read an AdmissionReview before the lock is taken: its pod is typed too."""
    request_body.read_ahead(environ, _READ, lambda: _review(Request(environ)))


def review(http: Request) -> Review:
    """The AdmissionReview in the body, or why it is none. Raises ApiError for one too large."""
    ahead: request_body.Reading[Review] | None = http.environ.get(_READ)
    return _review(http) if ahead is None else ahead.get()


def _review(http: Request) -> Review:
    try:
        return admission_review.read(_read(http) if http.get_data() else {})
    except ApiError as error:
        if error.code == too_large().code:
            raise
        return Review("", "", None, "", error.message)


def body(http: Request) -> Any:
    """The body as JSON, YAML or protobuf gives it. Raises ApiError."""
    ahead: request_body.Reading[Any] | None = http.environ.get(_READ)
    return _read(http) if ahead is None else ahead.get()


def _read(http: Request) -> Any:
    data = http.get_data()
    if len(data) > LARGEST_BODY:
        raise too_large()
    if http.mimetype == protobuf.MEDIA_TYPE:
        return protobuf.decode(data)
    try:
        if http.mimetype in _YAML:
            found = yaml.load(data, Loader=_Loader)  # noqa: S506  (a safe loader)
            found = read_loosely(json.dumps(found, allow_nan=False))  # dates and sets are no JSON
        else:
            found = read_loosely(data)
    except (ValueError, TypeError, yaml.YAMLError) as error:
        raise ApiError(400, f"couldn't get version/kind; json parse error: {error}") from error
    if not isinstance(found, dict) and http.mimetype != JSON_PATCH:
        raise ApiError(400, "the body is not an object")
    return found
