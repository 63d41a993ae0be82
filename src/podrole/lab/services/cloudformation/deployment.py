"""A stack brought to what its caller wishes, or back to what it was: resources in order, events.

Statuses and reasons: CloudFormation user guide, "Stack status codes"; the reasons are those that
users report (aws/serverless-application-model issue 1873; fixdevs.com, "CloudFormation stack in
ROLLBACK_COMPLETE"; checked 2026-11-29). The lab makes one resource after the other, at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from podrole.lab import fault
from podrole.lab.aws_error import AwsError
from podrole.lab.clock import Clock
from podrole.lab.identifiers import Identifiers
from podrole.lab.services.cloudformation.making import Act, Maker, differing, failure
from podrole.lab.services.cloudformation.resource_types import ResourceType, resource_type
from podrole.lab.services.cloudformation.scope import Scope, scope_of
from podrole.lab.services.cloudformation.stack import (
    STACK_TYPE,
    Event,
    Resource,
    Stack,
    Wish,
    pairs,
)
from podrole.lab.services.cloudformation.template import written

_STARTED = "User Initiated"


class _Failed(Exception):
    """A resource has failed, whose logical id this says; its event is written."""


class Deployment:
    """One creation, update or deletion of a stack."""

    def __init__(
        self,
        stack: Stack,
        act: Act,
        clock: Clock,
        identifiers: Identifiers,
        exports: Mapping[str, str],
    ) -> None:
        """`exports`: of other stacks."""
        self._stack, self._clock, self._identifiers = stack, clock, identifiers
        self._exports = exports
        self._maker = Maker(act, stack.name, stack.region, stack.account, identifiers.alphanumeric)

    def review(self) -> None:
        """Note that the stack waits for its first change set to be executed."""
        self._of_stack("REVIEW_IN_PROGRESS", _STARTED)

    def create(self, wish: Wish) -> None:
        """Make all resources; a failure takes them away again."""
        stack = self._stack
        stack.wish = wish
        self._of_stack("CREATE_IN_PROGRESS", _STARTED)
        scope = self._scope(wish)
        try:
            for logical in wish.template.order(scope.wanted()):
                self._create(scope, logical)
            stack.outputs = self._outputs(scope)
        except (_Failed, AwsError) as failed:
            reason = _failed_to("create", failed)
            if stack.disable_rollback:
                return self._of_stack("CREATE_FAILED", reason)
            self._of_stack("ROLLBACK_IN_PROGRESS", f"{reason}Rollback requested by user.")
            gone = self._delete_all()
            return self._of_stack("ROLLBACK_COMPLETE" if gone else "ROLLBACK_FAILED")
        return self._of_stack("CREATE_COMPLETE")

    def update(self, wish: Wish) -> None:
        """Change what differs; a failure changes it back."""
        stack, former = self._stack, self._stack.wish
        assert former is not None
        before = {name: replace(one) for name, one in stack.resources.items()}
        outputs = stack.outputs
        stack.wish = wish
        stack.updated = self._clock.now()
        self._of_stack("UPDATE_IN_PROGRESS", _STARTED)
        leftovers: list[Resource] = []
        try:
            scope = self._scope(wish)
            wanted = scope.wanted()
            for logical in wish.template.order(wanted):
                self._to(scope, logical, leftovers)
            stack.outputs = self._outputs(scope)
            leftovers += [one for name, one in stack.resources.items() if name not in wanted]
        except (_Failed, AwsError) as failed:
            self._of_stack("UPDATE_ROLLBACK_IN_PROGRESS", _failed_to("update", failed))
            done = self._back_to(before)
            stack.wish, stack.outputs = former, outputs
            self._of_stack("UPDATE_ROLLBACK_COMPLETE" if done else "UPDATE_ROLLBACK_FAILED")
            return
        self._of_stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        for one in reversed(leftovers):
            self._delete(one)
            if stack.resources.get(one.logical) is one:
                del stack.resources[one.logical]
        self._of_stack("UPDATE_COMPLETE")

    def delete(self) -> None:
        """Remove all resources that are not to be retained."""
        self._of_stack("DELETE_IN_PROGRESS", _STARTED)
        if self._delete_all():
            self._stack.deleted = self._clock.now()
            self._of_stack("DELETE_COMPLETE")
            return
        left = ", ".join(self._stack.resources)
        self._of_stack("DELETE_FAILED", f"The following resource(s) failed to delete: [{left}]. ")

    # -- resources -----------------------------------------------------------------------

    def _create(self, scope: Scope, logical: str) -> None:
        """Make a resource of the template. Raises _Failed."""
        type_ = resource_type(scope.template.resources[logical]["Type"])
        self._event("CREATE_IN_PROGRESS", logical, "", type_.name)
        try:
            given = tagged(type_, scope.properties(logical), self._tags)
            properties = self._maker.named(type_, logical, given)
            physical, attributes = self._maker.create(type_, logical, properties)
        except Exception as error:
            reason = self._reason(error, type_)
            self._event("CREATE_FAILED", logical, "", type_.name, reason)
            raise _Failed(logical) from error
        now, retained = self._clock.now(), scope.template.retains(logical)
        made = Resource(logical, type_.name, physical, properties, attributes, "", now, retained)
        self._stack.resources[logical] = made
        scope.made[logical] = made.referred()
        self._of("CREATE_IN_PROGRESS", made, "Resource creation Initiated")
        self._of("CREATE_COMPLETE", made)

    def _to(self, scope: Scope, logical: str, leftovers: list[Resource]) -> None:
        """Bring a resource to what the template says. Raises _Failed."""
        made = self._stack.resources.get(logical)
        if made is None or made.type != scope.template.resources[logical]["Type"]:
            if made is not None:
                leftovers.append(made)
            return self._create(scope, logical)
        made.retained = scope.template.retains(logical)
        type_ = resource_type(made.type)
        try:
            properties = wanted_properties(scope, made, self._tags)
        except AwsError as error:
            self._of("UPDATE_FAILED", made, self._reason(error, type_))
            raise _Failed(logical) from error
        changed = differing(made.properties, properties)
        if changed and type_.replaces(changed):
            leftovers.append(made)
            return self._create(scope, logical)
        if changed:
            self._of("UPDATE_IN_PROGRESS", made)
            try:
                self._change(made, properties)
            except Exception as error:
                self._of("UPDATE_FAILED", made, self._reason(error, type_))
                raise _Failed(logical) from error
            self._of("UPDATE_COMPLETE", made)
        scope.made[logical] = made.referred()
        return None

    def _change(self, made: Resource, properties: dict[str, Any]) -> None:
        type_ = resource_type(made.type)
        old, made.properties = made.properties, properties
        self._maker.update(type_, made.physical, made.attributes, old, properties)

    def _back_to(self, before: Mapping[str, Resource]) -> bool:
        """Undo an update; whether everything is as it was."""
        done = True
        for logical, now in reversed(list(self._stack.resources.items())):
            then = before.get(logical)
            if then is None or then.physical != now.physical:
                done &= self._delete(now)
                self._stack.resources.pop(logical)
            elif now.properties != then.properties:
                self._of("UPDATE_IN_PROGRESS", now)
                try:
                    self._change(now, then.properties)
                    self._of("UPDATE_COMPLETE", now)
                except Exception as error:
                    reason = self._reason(error, resource_type(now.type))
                    self._of("UPDATE_FAILED", now, reason)
                    done = False
        self._stack.resources = {
            name: self._stack.resources.get(name, one) for name, one in before.items()
        }
        return done

    def _delete_all(self) -> bool:
        stack = self._stack
        for one in reversed(list(stack.resources.values())):
            if self._delete(one):
                del stack.resources[one.logical]
        return not stack.resources

    def _delete(self, made: Resource) -> bool:
        """Whether the resource is gone, or stays on purpose."""
        if made.retained and not self._stack.status.startswith("ROLLBACK"):
            self._of("DELETE_SKIPPED", made)
            return True
        self._of("DELETE_IN_PROGRESS", made)
        type_ = resource_type(made.type)
        try:
            self._maker.delete(type_, made.physical, made.properties, made.attributes)
        except Exception as error:
            self._of("DELETE_FAILED", made, self._reason(error, type_))
            return False
        self._of("DELETE_COMPLETE", made)
        return True

    @property
    def _tags(self) -> Mapping[str, str]:
        assert self._stack.wish is not None
        return self._stack.wish.tags

    # -- what the stack says -------------------------------------------------------------

    def _scope(self, wish: Wish) -> Scope:
        scope = scope_of(self._stack, wish, self._exports)
        self._stack.imports = scope.imported
        return scope

    def _outputs(self, scope: Scope) -> list[dict[str, str]]:
        found = []
        for name, declared in scope.template.outputs.items():
            if not scope.holds(declared.get("Condition")):
                continue
            one = {"OutputKey": name, "OutputValue": written(scope.value(declared.get("Value")))}
            if "Description" in declared:
                one["Description"] = str(declared["Description"])
            export = declared.get("Export")
            if isinstance(export, dict):
                one["ExportName"] = written(scope.value(export.get("Name")))
            found.append(one)
        return found

    def _reason(self, error: Exception, type_: ResourceType) -> str:
        if not isinstance(error, AwsError):
            return fault.report(error)
        service = _service(type_)
        if service == "" or error.message.startswith(("lab:", "Template error:")):
            return error.message
        return failure(error, service, self._identifiers.uuid(), self._identifiers.uuid())

    def _of_stack(self, status: str, reason: str | None = None) -> None:
        stack = self._stack
        stack.status, stack.reason = status, reason
        self._event(status, stack.name, stack.id, STACK_TYPE, reason)

    def _of(self, status: str, made: Resource, reason: str | None = None) -> None:
        made.status, made.time = status, self._clock.now()
        self._event(status, made.logical, made.physical, made.type, reason)

    def _event(
        self, status: str, logical: str, physical: str, type_: str, reason: str | None = None
    ) -> None:
        self._stack.events.append(
            Event(
                self._identifiers.uuid(),
                logical,
                physical,
                type_,
                status,
                reason,
                self._clock.now(),
            )
        )


def tagged(
    type_: ResourceType, properties: dict[str, Any], tags: Mapping[str, str]
) -> dict[str, Any]:
    """The properties with the stack's tags, where the type has tags; the resource's own win."""
    if not tags or "Tags" not in type_.known:
        return properties
    own = properties.get("Tags") or []
    own = pairs(own) if isinstance(own, dict) else own
    names = {tag.get("Key") for tag in own}
    more = [tag for tag in pairs(tags) if tag["Key"] not in names]
    return {**properties, "Tags": [*own, *more]}


def wanted_properties(scope: Scope, made: Resource, tags: Mapping[str, str]) -> dict[str, Any]:
    """What the properties of a made resource become; a generated name stays. Raises AwsError."""
    type_ = resource_type(made.type)
    properties = tagged(type_, scope.properties(made.logical), tags)
    if type_.naming and not properties.get(type_.naming):
        return {**properties, type_.naming: made.properties[type_.naming]}
    return properties


def _failed_to(verb: str, failed: Exception) -> str:
    """Why a stack goes back: a resource's failure, or an output's."""
    if isinstance(failed, AwsError):
        return f"{failed.message} "
    return f"The following resource(s) failed to {verb}: [{failed}]. "


def _service(type_: ResourceType) -> str:
    calls = [type_.create, *(parts.add for parts in type_.parts.values())]
    return next((call.service for call in calls if call), "")
