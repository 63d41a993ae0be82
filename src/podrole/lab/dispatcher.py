"""One call of AWS: who is calling, what it needs, the decision, the answer and the record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response

from podrole.lab.access.access import Access
from podrole.lab.access.service import Service, Unsigned
from podrole.lab.audit.record import Identity
from podrole.lab.audit.trail import Entry, Trail
from podrole.lab.audit.user_identity import caller_identity
from podrole.lab.aws_error import AwsError, not_carried
from podrole.lab.caller import Caller
from podrole.lab.moto_adapter.backend import Moto, parsed, refusal
from podrole.lab.protocol import codec
from podrole.lab.protocol.call import Call
from podrole.lab.throttle import Throttle


class Dispatcher:
    """Takes each call through the lab. It knows no service: what differs, a service's hooks say.

    What can fail of a record is made before anything is stored: a fault of the lab leaves nothing
    half-done.
    """

    def __init__(
        self,
        services: Mapping[str, Service],
        access: Access,
        trail: Trail,
        throttle: Throttle,
        moto: Moto,
    ) -> None:
        """`services`: by the name under which requests are signed."""
        self._services = services
        self._access = access
        self._trail = trail
        self._throttle = throttle
        self._moto = moto

    def answer(self, call: Call) -> Response:
        """The response to a call. Raises AwsError."""
        for each in self._services.values():
            each.catch_up()
        service = self._services[call.service]
        unsigned = service.unsigned(call)
        if unsigned is not None:
            return _response(call, self._carried_out(call, unsigned))
        if call.signature is None:
            raise service.unsigned_error(call)
        caller = self._access.authentication.caller(call.signature, call.protocol)
        call.caller = caller
        service.validate(call)
        if service.operation(call.name) is not None:
            return _response(call, self.result(call, caller))
        return self._forwarded(call, caller)

    def result(self, call: Call, caller: Caller) -> dict[str, Any]:
        """The result of an operation of the lab's own, decided and recorded. Raises AwsError."""
        service = self._services[call.service]
        try:
            self._check_rate(call)
            self._authorize(call, caller)
            operation = service.operation(call.name)
            assert operation is not None
            owner = service.account(call, caller)
            entry = self._trail.entry(call, _identity(call, caller), service.events, owner)
            result = operation(call, caller)
        except AwsError as error:
            self._record(call, caller, error)
            raise
        self._succeeded(call, entry, result)
        return result

    def act(self, call: Call, caller: Caller) -> dict[str, Any]:
        """The members of the answer to a call that a service makes with its caller's keys.

        It is decided and recorded as any call of that caller's. Raises AwsError.
        """
        call.caller = caller
        service = self._services[call.service]
        service.validate(call)
        if service.operation(call.name) is not None:
            return self.result(call, caller)
        response = self._forwarded(call, caller)
        status, headers, body = response.status_code, response.headers, response.get_data()
        refused = refusal(call.operation, status, headers, body)
        if refused is not None:
            raise refused
        return parsed(call.operation, status, headers, body)

    def _carried_out(self, call: Call, unsigned: Unsigned) -> dict[str, Any]:
        events = self._services[call.service].events
        identity = Identity(unsigned.identity, unsigned.account)
        try:
            self._check_rate(call)
            entry = self._trail.entry(call, identity, events)
            result = unsigned.carry_out()
        except AwsError as error:
            self._trail.refused(call, identity, events, error)
            raise
        self._succeeded(call, entry, result)
        return result

    def _forwarded(self, call: Call, caller: Caller) -> Response:
        try:
            entry, status, headers, body = self._by_moto(call, caller)
        except AwsError as error:
            self._record(call, caller, error)
            raise
        if status >= 400:
            refused = refusal(call.operation, status, headers, body)
            assert refused is not None
            self._record(call, caller, refused)
        else:
            self._succeeded(call, entry)
        return Response([body], status, headers)  # a list: HEAD keeps the object's own length

    def _by_moto(self, call: Call, caller: Caller) -> tuple[Entry, int, Headers, bytes]:
        """The entry for the trail if this is a success, and moto's answer."""
        service = self._services[call.service]
        self._authorize(call, caller)
        account = service.account(call, caller)
        entry = self._trail.entry(call, _identity(call, caller), service.events, account)
        answered = service.before_moto(call)
        if answered:
            return entry, answered[0], Headers({"Content-Type": answered[1]}), answered[2]
        self._moto.request_id = call.request_id
        status, headers, body = self._moto.forward(
            call.environ, call.service, call.name, call.region, account
        )
        if status < 300:
            changed = service.after_moto(call, account, body)
            if changed is not body:
                headers["Content-Length"] = str(len(changed))
            return entry, status, headers, changed
        if status == 404:
            for needed in service.missing(call, caller):
                self._access.authorizer.check(call, caller, needed)
        if call.protocol == "json" and status < 500:
            status = 400  # the services of this protocol have one status for a client's fault
        return entry, status, headers, body

    def _check_rate(self, call: Call) -> None:
        if call.service in self._throttle.spent:
            raise self._services[call.service].throttled()

    def _authorize(self, call: Call, caller: Caller) -> None:
        needed = self._services[call.service].requirements(call, caller)
        if needed is None:
            raise not_carried(call.service, call.name)
        for requirement in needed:
            self._access.authorizer.check(call, caller, requirement)

    def _record(self, call: Call, caller: Caller, error: AwsError) -> None:
        events = self._services[call.service].events
        self._trail.refused(call, _identity(call, caller), events, error)

    def _succeeded(self, call: Call, entry: Entry, result: Mapping[str, Any] | None = None) -> None:
        self._trail.write(entry, result)
        for act in call.afterwards:
            act()


def _identity(call: Call, caller: Caller) -> Identity:
    element = caller_identity(caller)
    return Identity(element | {"invokedBy": call.via} if call.via else element, caller.account)


def _response(call: Call, result: Mapping[str, Any]) -> Response:
    content_type, body = codec.response_body(call.operation, result, call.request_id)
    headers = {"x-amzn-RequestId": call.request_id}
    return Response(body, 200, headers, content_type=content_type)
