"""The operations that tell of stacks and templates, and change nothing."""

from __future__ import annotations

from typing import Any

from podrole.lab.access.service import Operation
from podrole.lab.caller import Caller
from podrole.lab.protocol.call import Call
from podrole.lab.protocol.paging import page
from podrole.lab.services.cloudformation import wishes
from podrole.lab.services.cloudformation.change_sets import change_set_of
from podrole.lab.services.cloudformation.making import Acts
from podrole.lab.services.cloudformation.register import Register
from podrole.lab.services.cloudformation.stack import Event, Resource, Stack
from podrole.lab.services.cloudformation.template import invalid


class Descriptions:
    """What there is, in botocore's shapes."""

    def __init__(self, stacks: Register, acts: Acts) -> None:
        self._stacks, self._act = stacks, acts
        self.operations: dict[str, Operation] = {
            "DescribeStacks": self._describe_stacks,
            "ListStacks": self._list_stacks,
            "DescribeStackEvents": self._describe_events,
            "DescribeStackResource": self._describe_resource,
            "DescribeStackResources": self._describe_resources,
            "ListStackResources": self._list_resources,
            "GetTemplate": self._get_template,
            "GetTemplateSummary": self._summary,
            "ValidateTemplate": self._validate_template,
            "ListExports": self._list_exports,
        }

    def _describe_stacks(self, call: Call, caller: Caller) -> dict[str, Any]:
        if "StackName" in call.parameters:
            return {"Stacks": [self._stacks.get(call, caller).described()]}
        live = [one for one in self._stacks.of(caller.account, call.region) if not one.deleted]
        found, token = page(live, call.parameters)
        return {"Stacks": [one.described() for one in found], "NextToken": token}

    def _list_stacks(self, call: Call, caller: Caller) -> dict[str, Any]:
        wanted = call.parameters.get("StackStatusFilter")
        there = self._stacks.of(caller.account, call.region)
        listed = [one for one in there if not wanted or one.status in wanted]
        found, token = page(listed, call.parameters)
        summaries = []
        for stack in found:
            told = stack.described()
            names = ("StackId", "StackName", "CreationTime", "LastUpdatedTime", "DeletionTime")
            more = ("StackStatus", "StackStatusReason", "DriftInformation")
            description = {"TemplateDescription": told["Description"]}
            summaries.append({name: told[name] for name in names + more} | description)
        return {"StackSummaries": summaries, "NextToken": token}

    def _describe_events(self, call: Call, caller: Caller) -> dict[str, Any]:
        stack = self._stacks.get(call, caller)
        found, token = page(stack.events[::-1], call.parameters)
        return {"StackEvents": [_event(stack, one) for one in found], "NextToken": token}

    def _describe_resource(self, call: Call, caller: Caller) -> dict[str, Any]:
        stack, logical = self._stacks.get(call, caller), call.parameters["LogicalResourceId"]
        made = stack.resources.get(logical)
        if made is None:
            raise invalid(f"Resource {logical} does not exist for stack {stack.name}")
        told = _resource(made) | {"StackName": stack.name, "StackId": stack.id, "Metadata": "{}"}
        return {"StackResourceDetail": told | {"LastUpdatedTimestamp": made.time}}

    def _describe_resources(self, call: Call, caller: Caller) -> dict[str, Any]:
        stack = self._stacks.get(call, caller)
        logical = call.parameters.get("LogicalResourceId")
        named = {"StackName": stack.name, "StackId": stack.id}
        return {
            "StackResources": [
                _resource(one) | named | {"Timestamp": one.time}
                for one in stack.resources.values()
                if logical in (None, one.logical)
            ]
        }

    def _list_resources(self, call: Call, caller: Caller) -> dict[str, Any]:
        made = list(self._stacks.get(call, caller).resources.values())
        found, token = page(made, call.parameters)
        told = [_resource(one) | {"LastUpdatedTimestamp": one.time} for one in found]
        return {"StackResourceSummaries": told, "NextToken": token}

    def _get_template(self, call: Call, caller: Caller) -> dict[str, Any]:
        stack = self._stacks.get(call, caller)
        named = call.parameters.get("ChangeSetName")
        wish = change_set_of(stack, named).wish if named else stack.wish
        text = wish.template.text if wish else ""
        return {"TemplateBody": text, "StagesAvailable": ["Original", "Processed"]}

    def _summary(self, call: Call, caller: Caller) -> dict[str, Any]:
        if "StackName" in call.parameters:
            stack = self._stacks.get(call, caller)
            if stack.wish is None:
                raise invalid(f"lab: the change set of {stack.name} was not executed: no template")
            template = stack.wish.template
        else:
            template = wishes.template_of(call.parameters, self._act(call, caller))
        types = dict.fromkeys(one["Type"] for one in template.resources.values())
        return wishes.summary(template) | {
            "Parameters": wishes.declared_parameters(template),
            "ResourceTypes": list(types),
        }

    def _validate_template(self, call: Call, caller: Caller) -> dict[str, Any]:
        template = wishes.template_of(call.parameters, self._act(call, caller))
        names = ("ParameterKey", "DefaultValue", "NoEcho", "Description")
        listed = wishes.declared_parameters(template)
        return wishes.summary(template) | {
            "Parameters": [{name: one[name] for name in names} for one in listed]
        }

    def _list_exports(self, call: Call, caller: Caller) -> dict[str, Any]:
        exports = [
            {"ExportingStackId": stack.id, "Name": one["ExportName"], "Value": one["OutputValue"]}
            for stack, one in self._stacks.exported(caller.account, call.region)
        ]
        found, token = page(exports, call.parameters)
        return {"Exports": found, "NextToken": token}


def _event(stack: Stack, one: Event) -> dict[str, Any]:
    return {
        "StackId": stack.id,
        "EventId": one.id,
        "StackName": stack.name,
        "LogicalResourceId": one.logical,
        "PhysicalResourceId": one.physical,
        "ResourceType": one.type,
        "Timestamp": one.time,
        "ResourceStatus": one.status,
        "ResourceStatusReason": one.reason,
    }


def _resource(made: Resource) -> dict[str, Any]:
    return {
        "LogicalResourceId": made.logical,
        "PhysicalResourceId": made.physical,
        "ResourceType": made.type,
        "ResourceStatus": made.status,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }
