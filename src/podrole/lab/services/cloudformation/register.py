"""The stacks of all accounts and Regions, deleted ones too: they are described by their ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from podrole.lab.caller import Caller
from podrole.lab.clock import Clock
from podrole.lab.identifiers import Identifiers
from podrole.lab.protocol.call import Call
from podrole.lab.services.cloudformation.stack import Change, ChangeSet, Stack, Wish
from podrole.lab.services.cloudformation.template import invalid


class Register:
    """The stacks, oldest first."""

    def __init__(self, clock: Clock, identifiers: Identifiers) -> None:
        self._clock, self._identifiers = clock, identifiers
        self.stacks: list[Stack] = []

    def new(self, call: Call, caller: Caller, name: str) -> Stack:
        """A stack of the caller's account and the call's Region, not in the register yet."""
        account, region = caller.account, call.region
        own = f"stack/{name}/{self._identifiers.uuid()}"
        arn = f"arn:aws:cloudformation:{region}:{account}:{own}"
        return Stack(arn, name, account, region, self._clock.now())

    def new_change_set(
        self, stack: Stack, call: Call, wish: Wish, changes: list[Change]
    ) -> ChangeSet:
        """A change set that the call names, not the stack's yet."""
        name = call.parameters["ChangeSetName"]
        own = f"changeSet/{name}/{self._identifiers.uuid()}"
        return ChangeSet(
            f"arn:aws:cloudformation:{stack.region}:{stack.account}:{own}",
            name,
            call.parameters.get("Description"),
            wish,
            changes,
            self._clock.now(),
            "CREATE_COMPLETE",
            "AVAILABLE",
        )

    def of(self, account: str, region: str) -> Iterator[Stack]:
        """The stacks there, newest first."""
        for stack in reversed(self.stacks):
            if (stack.account, stack.region) == (account, region):
                yield stack

    def find(self, account: str, region: str, name: str) -> Stack | None:
        """The stack of that name, or of that id: by its id a deleted one too."""
        for stack in self.of(account, region):
            if stack.id == name or (stack.name == name and not stack.deleted):
                return stack
        return None

    def of_change_set(self, arn: str) -> Stack | None:
        """The stack that a change set belongs to."""
        for stack in self.stacks:
            if arn in [one.id for one in stack.change_sets.values()]:
                return stack
        return None

    def get(self, call: Call, caller: Caller) -> Stack:
        """The stack that a call names, itself or by a change set's ARN. Raises AwsError."""
        name = call.parameters.get("StackName")
        if name is None:
            found = self.of_change_set(call.parameters.get("ChangeSetName", ""))
        else:
            found = self.find(caller.account, call.region, name)
        if found is None or found.account != caller.account:
            raise invalid(f"Stack with id {name} does not exist")
        return found

    def exports(self, stack: Stack) -> dict[str, str]:
        """What the other stacks of its account and Region export: names to values."""
        return {
            one["ExportName"]: one["OutputValue"]
            for other, one in self.exported(stack.account, stack.region)
            if other is not stack
        }

    def exported(self, account: str, region: str) -> Iterator[tuple[Stack, Mapping[str, str]]]:
        """The outputs that stacks export there, each with its stack."""
        for stack in self.of(account, region):
            for one in stack.outputs:
                if not stack.deleted and "ExportName" in one:
                    yield stack, one

    def check_unused(self, stack: Stack) -> None:
        """Raise AwsError for a stack whose exports another one uses."""
        exported = {one["ExportName"] for one in stack.outputs if "ExportName" in one}
        for other in self.stacks:
            taken = exported & other.imports
            if taken and other is not stack and not other.deleted:
                text = f"Delete canceled. Cannot delete export {min(taken)} as it is in use by"
                raise invalid(f"{text} {other.name}.")
