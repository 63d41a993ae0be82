"""The operations of change sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from podrole.lab.access.service import Operation
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller
from podrole.lab.protocol.call import Call
from podrole.lab.services.cloudformation import change_sets, wishes
from podrole.lab.services.cloudformation.change_sets import change_set_of, check_updatable, differs
from podrole.lab.services.cloudformation.deployment import Deployment
from podrole.lab.services.cloudformation.making import Act, Acts
from podrole.lab.services.cloudformation.register import Register
from podrole.lab.services.cloudformation.stack import ChangeSet, Stack
from podrole.lab.services.cloudformation.template import invalid


class ChangeSetOperations:
    """Wishes that wait for someone to look at them."""

    def __init__(
        self, stacks: Register, acts: Acts, deployment: Callable[[Stack, Act], Deployment]
    ) -> None:
        self._stacks, self._act, self._deployment = stacks, acts, deployment
        self.operations: dict[str, Operation] = {
            "CreateChangeSet": self._create_change_set,
            "DescribeChangeSet": self._describe_change_set,
            "ExecuteChangeSet": self._execute_change_set,
            "DeleteChangeSet": self._delete_change_set,
            "ListChangeSets": self._list_change_sets,
        }

    def _create_change_set(self, call: Call, caller: Caller) -> dict[str, Any]:
        parameters, act = call.parameters, self._act(call, caller)
        wishes.check_carried(parameters)
        name = parameters["StackName"]
        stack = self._stacks.find(caller.account, call.region, name)
        kind = parameters.get("ChangeSetType", "UPDATE")
        if kind == "IMPORT":
            raise AwsError("NotImplemented", "lab: change sets import nothing here", 501)
        new = stack is None or stack.status == "REVIEW_IN_PROGRESS"
        if kind == "CREATE" and not new:
            text = f"Stack [{name}] already exists and cannot be created again with the changeSet"
            raise invalid(f"{text} [{parameters['ChangeSetName']}].")
        if stack is None:
            if kind != "CREATE":
                raise invalid(f"Stack with id {name} does not exist")
            stack = self._stacks.new(call, caller, name)
        elif kind == "UPDATE":
            check_updatable(stack)
        if parameters["ChangeSetName"] in stack.change_sets:
            text = f"ChangeSet {parameters['ChangeSetName']} already exists"
            raise AwsError("AlreadyExistsException", text)
        template = wishes.template_of(parameters, act, stack)
        wish = wishes.wish_of(parameters, template, act, stack)
        found = change_sets.changes(stack, wish, self._stacks.exports(stack))
        if stack not in self._stacks.stacks:
            self._stacks.stacks.append(stack)
            self._deployment(stack, act).review()
        made = self._stacks.new_change_set(stack, call, wish, found)
        if not new and not differs(stack, wish, found):
            made.status, made.execution, made.reason = "FAILED", "UNAVAILABLE", change_sets.EMPTY
        stack.change_sets[made.name] = made
        return {"Id": made.id, "StackId": stack.id}

    def _describe_change_set(self, call: Call, caller: Caller) -> dict[str, Any]:
        stack = self._stacks.get(call, caller)
        return change_sets.described(self._named_change_set(stack, call), stack)

    def _execute_change_set(self, call: Call, caller: Caller) -> dict[str, Any]:
        stack = self._stacks.get(call, caller)
        wished = self._named_change_set(stack, call)
        if wished.execution != "AVAILABLE":
            text = f"ChangeSet [{wished.id}] cannot be executed in its current status of"
            raise AwsError("InvalidChangeSetStatus", f"{text} [{wished.status}]")
        stack.disable_rollback = bool(call.parameters.get("DisableRollback"))
        stack.change_set = wished.id
        deployment = self._deployment(stack, self._act(call, caller))
        stack.change_sets.clear()  # the others were made for what the stack was
        if stack.status == "REVIEW_IN_PROGRESS":
            deployment.create(wished.wish)
        else:
            deployment.update(wished.wish)
        return {}

    def _delete_change_set(self, call: Call, caller: Caller) -> dict[str, Any]:
        stack = self._stacks.get(call, caller)
        del stack.change_sets[self._named_change_set(stack, call).name]
        return {}

    def _list_change_sets(self, call: Call, caller: Caller) -> dict[str, Any]:
        stack = self._stacks.get(call, caller)
        return {"Summaries": [change_sets.listed(one, stack) for one in stack.change_sets.values()]}

    def _named_change_set(self, stack: Stack, call: Call) -> ChangeSet:
        return change_set_of(stack, call.parameters["ChangeSetName"])
