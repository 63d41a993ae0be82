"""CloudFormation: what a stack makes is made by calls of its caller's, decided as any other.

moto has a CloudFormation that writes into its services' state directly, past every decision, and
neither rolls back nor tells of resources (moto 5.2.5, `moto/cloudformation/parsing.py`). So the
lab reads templates itself; IAM, EKS, S3 and the others do the work.
Errors and shapes: botocore 1.44.8's model; texts that users report of AWS (checked 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from podrole.lab.access.action_table import ResourceType, Row
from podrole.lab.access.data_service import DataService, Resource
from podrole.lab.access.service import Operation
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller
from podrole.lab.clock import Clock
from podrole.lab.identifiers import Identifiers
from podrole.lab.moto_adapter.backend import Moto, request_environ
from podrole.lab.protocol.call import Call
from podrole.lab.seed import Seed
from podrole.lab.service_models import service_model
from podrole.lab.services.cloudformation import wishes
from podrole.lab.services.cloudformation.change_set_operations import ChangeSetOperations
from podrole.lab.services.cloudformation.change_sets import changes, check_updatable, differs
from podrole.lab.services.cloudformation.deployment import Deployment
from podrole.lab.services.cloudformation.descriptions import Descriptions
from podrole.lab.services.cloudformation.making import Act
from podrole.lab.services.cloudformation.register import Register
from podrole.lab.services.cloudformation.stack import Stack
from podrole.lab.services.cloudformation.template import invalid

PRINCIPAL = "cloudformation.amazonaws.com"
#: A call with its caller's keys, decided and recorded: the members of its answer.
Acting = Callable[[Call, Caller], Mapping[str, Any]]


class CloudFormation(DataService):
    """The stacks of all accounts and Regions."""

    def __init__(self, moto: Moto, clock: Clock, seed: Seed, acting: Acting) -> None:
        super().__init__("cloudformation", moto)
        self._clock, self._acting = clock, acting
        self._identifiers = Identifiers(seed, "cloudformation")
        self._stacks = Register(clock, self._identifiers)
        waiting = ChangeSetOperations(self._stacks, self._act, self._deployment)
        self._operations: dict[str, Operation] = {
            **Descriptions(self._stacks, self._act).operations,
            **waiting.operations,
            "CreateStack": self._create_stack,
            "UpdateStack": self._update_stack,
            "DeleteStack": self._delete_stack,
            "UpdateTerminationProtection": self._protect,
        }

    def operation(self, name: str) -> Operation | None:
        """All of them: moto has no part in it."""
        return self._operations.get(name)

    # -- what a call needs ---------------------------------------------------------------

    def parameters(self, call: Call) -> Mapping[str, Any]:
        """A change set's ARN stands for its stack."""
        found = call.parameters
        if "StackName" not in found and "ChangeSetName" in found:
            stack = self._stacks.of_change_set(found["ChangeSetName"])
            return {**found, "StackName": stack.id if stack else "*"}
        return found

    def locate(self, call: Call, caller: Caller, type_: ResourceType, name: str) -> tuple[str, str]:
        """The stack's ARN, which ends in `/*` for one that is not there."""
        stack = self._stacks.find(caller.account, call.region, name)
        if stack is not None or type_.read(name) is not None:
            return stack.id if stack else name, caller.account
        return type_.arn(call.region, caller.account, name, "*"), caller.account

    def found(self, call: Call, caller: Caller, row: Row, arn: str, account: str) -> Resource:
        """The stack with its tags."""
        stack = self._stacks.find(account, call.region, arn)
        return Resource(arn, account, tags=stack.wish.tags if stack and stack.wish else {})

    # -- operations ----------------------------------------------------------------------

    def _create_stack(self, call: Call, caller: Caller) -> dict[str, Any]:
        parameters, act = call.parameters, self._act(call, caller)
        wishes.check_carried(parameters)
        wish = wishes.wish_of(parameters, wishes.template_of(parameters, act), act, None)
        name = parameters["StackName"]
        if self._stacks.find(caller.account, call.region, name):
            raise AwsError("AlreadyExistsException", f"Stack [{name}] already exists")
        stack = self._stacks.new(call, caller, name)
        stack.protected = bool(parameters.get("EnableTerminationProtection"))
        failing = parameters.get("OnFailure")
        stack.disable_rollback = bool(parameters.get("DisableRollback")) or failing == "DO_NOTHING"
        changes(stack, wish, self._stacks.exports(stack))
        self._stacks.stacks.append(stack)
        deployment = self._deployment(stack, act)
        deployment.create(wish)
        if failing == "DELETE" and stack.status == "ROLLBACK_COMPLETE":
            deployment.delete()
        return {"StackId": stack.id}

    def _update_stack(self, call: Call, caller: Caller) -> dict[str, Any]:
        stack, act = self._stacks.get(call, caller), self._act(call, caller)
        wishes.check_carried(call.parameters)
        template = wishes.template_of(call.parameters, act, stack)
        wish = wishes.wish_of(call.parameters, template, act, stack)
        check_updatable(stack)
        if not differs(stack, wish, changes(stack, wish, self._stacks.exports(stack))):
            raise invalid("No updates are to be performed.")
        self._deployment(stack, act).update(wish)
        return {"StackId": stack.id}

    def _delete_stack(self, call: Call, caller: Caller) -> dict[str, Any]:
        wishes.check_carried(call.parameters)
        stack = self._stacks.find(caller.account, call.region, call.parameters["StackName"])
        if stack is None or stack.deleted:
            return {}
        if stack.protected:
            text = f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            raise invalid(text)
        self._stacks.check_unused(stack)
        for logical in call.parameters.get("RetainResources") or ():
            if logical in stack.resources:
                stack.resources[logical].retained = True
        self._deployment(stack, self._act(call, caller)).delete()
        return {}

    def _protect(self, call: Call, caller: Caller) -> dict[str, Any]:
        stack = self._stacks.get(call, caller)
        stack.protected = bool(call.parameters["EnableTerminationProtection"])
        return {"StackId": stack.id}

    # -- what they share -----------------------------------------------------------------

    def _act(self, call: Call, caller: Caller) -> Act:
        """Calls of other services with the caller's keys, in the stack's Region."""

        def act(service: str, operation: str, parameters: dict[str, Any]) -> Mapping[str, Any]:
            model = service_model(service).operation_model(operation)
            environ = request_environ(model, parameters)
            environ["wsgi.url_scheme"] = call.environ["wsgi.url_scheme"]
            made = Call(
                environ=environ,
                operation=model,
                region=call.region,
                parameters=parameters,
                headers={"host": _host(call, service), "user-agent": PRINCIPAL},
                signature=None,
                request_id=self._identifiers.uuid(),
                via=PRINCIPAL,
            )
            return self._acting(made, caller)

        return act

    def _deployment(self, stack: Stack, act: Act) -> Deployment:
        exports = self._stacks.exports(stack)
        return Deployment(stack, act, self._clock, self._identifiers, exports)


def _host(call: Call, service: str) -> str:
    """Where the caller reaches another service: a queue's URL is there."""
    host, own = call.headers.get("host", ""), "cloudformation."
    return f"{service}.{host.removeprefix(own)}" if host.startswith(own) else host
