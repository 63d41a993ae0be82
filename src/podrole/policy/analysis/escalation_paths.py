"""Known ways from a role's permissions to those of another principal, as data.

The ids and the permissions that each path needs are facts from DataDog's pathfinding.cloud
(https://github.com/DataDog/pathfinding.cloud, Apache License 2.0, commit 84dd65c of 2025-12-17;
read 2026-11-29). The kinds and all words are this guide's. Which service a passed role must trust
is inferred from the service that the path uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: How a path reaches more: by passing a role to something new, by taking over something that has a
#: role already, by granting permissions, by getting another principal's credentials; `users` help
#: only who is an IAM user.
PathKind = Literal["pass", "takeover", "grant", "impersonate", "users"]


@dataclass(frozen=True)
class EscalationPath:
    """One path: its id in pathfinding.cloud, and the actions that it needs, all of them.

    `service` is the principal that a passed role must trust, empty where no role is passed.
    """

    id: str
    kind: PathKind
    service: str
    actions: tuple[str, ...]


#: Id, kind, service and actions of each path.
_TABLE = """\
apprunner-001 pass tasks.apprunner.amazonaws.com iam:PassRole apprunner:CreateService
apprunner-002 takeover - apprunner:UpdateService
bedrock-001 pass bedrock-agentcore.amazonaws.com iam:PassRole \
    bedrock-agentcore:CreateCodeInterpreter bedrock-agentcore:StartCodeInterpreterSession \
    bedrock-agentcore:InvokeCodeInterpreter
bedrock-002 takeover - bedrock-agentcore:StartCodeInterpreterSession \
    bedrock-agentcore:InvokeCodeInterpreter
cloudformation-001 pass cloudformation.amazonaws.com iam:PassRole cloudformation:CreateStack
cloudformation-002 takeover - cloudformation:UpdateStack
cloudformation-003 pass cloudformation.amazonaws.com iam:PassRole cloudformation:CreateStackSet \
    cloudformation:CreateStackInstances
cloudformation-004 pass cloudformation.amazonaws.com iam:PassRole cloudformation:UpdateStackSet
cloudformation-005 pass - cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet
codebuild-001 pass codebuild.amazonaws.com iam:PassRole codebuild:CreateProject \
    codebuild:StartBuild
codebuild-002 takeover - codebuild:StartBuild
codebuild-003 takeover - codebuild:StartBuildBatch
codebuild-004 pass codebuild.amazonaws.com iam:PassRole codebuild:CreateProject \
    codebuild:StartBuildBatch
datapipeline-001 pass datapipeline.amazonaws.com iam:PassRole datapipeline:CreatePipeline \
    datapipeline:PutPipelineDefinition datapipeline:ActivatePipeline
ec2instanceconnect-003 takeover - ec2-instance-connect:SendSSHPublicKey
ec2-001 pass ec2.amazonaws.com iam:PassRole ec2:RunInstances
ec2-002 takeover - ec2:ModifyInstanceAttribute ec2:StopInstances ec2:StartInstances
ec2-003 pass ec2.amazonaws.com iam:PassRole ec2:RequestSpotInstances
ec2-004 takeover - ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate
ecs-001 pass ecs-tasks.amazonaws.com iam:PassRole ecs:CreateCluster ecs:RegisterTaskDefinition \
    ecs:CreateService
ecs-002 pass ecs-tasks.amazonaws.com iam:PassRole ecs:CreateCluster ecs:RegisterTaskDefinition \
    ecs:RunTask
ecs-003 pass ecs-tasks.amazonaws.com iam:PassRole ecs:RegisterTaskDefinition ecs:CreateService
ecs-004 pass ecs-tasks.amazonaws.com iam:PassRole ecs:RegisterTaskDefinition ecs:RunTask
ecs-005 pass ecs-tasks.amazonaws.com iam:PassRole ecs:RegisterTaskDefinition ecs:StartTask
glue-001 pass glue.amazonaws.com iam:PassRole glue:CreateDevEndpoint
glue-002 takeover - glue:UpdateDevEndpoint
glue-003 pass glue.amazonaws.com iam:PassRole glue:CreateJob glue:StartJobRun
glue-004 pass glue.amazonaws.com iam:PassRole glue:CreateJob glue:CreateTrigger
glue-005 pass glue.amazonaws.com iam:PassRole glue:UpdateJob glue:StartJobRun
glue-006 pass glue.amazonaws.com iam:PassRole glue:UpdateJob glue:CreateTrigger
iam-001 grant - iam:CreatePolicyVersion
iam-002 impersonate - iam:CreateAccessKey
iam-003 impersonate - iam:CreateAccessKey iam:DeleteAccessKey
iam-004 impersonate - iam:CreateLoginProfile
iam-005 grant - iam:PutRolePolicy
iam-006 impersonate - iam:UpdateLoginProfile
iam-007 users - iam:PutUserPolicy
iam-008 users - iam:AttachUserPolicy
iam-009 grant - iam:AttachRolePolicy
iam-010 users - iam:AttachGroupPolicy
iam-011 users - iam:PutGroupPolicy
iam-012 impersonate - iam:UpdateAssumeRolePolicy
iam-013 users - iam:AddUserToGroup
iam-014 impersonate - iam:AttachRolePolicy sts:AssumeRole
iam-015 impersonate - iam:AttachUserPolicy iam:CreateAccessKey
iam-016 impersonate - iam:CreatePolicyVersion sts:AssumeRole
iam-017 impersonate - iam:PutRolePolicy sts:AssumeRole
iam-018 impersonate - iam:PutUserPolicy iam:CreateAccessKey
iam-019 impersonate - iam:AttachRolePolicy iam:UpdateAssumeRolePolicy
iam-020 impersonate - iam:CreatePolicyVersion iam:UpdateAssumeRolePolicy
iam-021 impersonate - iam:PutRolePolicy iam:UpdateAssumeRolePolicy
lambda-001 pass lambda.amazonaws.com iam:PassRole lambda:CreateFunction lambda:InvokeFunction
lambda-002 pass lambda.amazonaws.com iam:PassRole lambda:CreateFunction \
    lambda:CreateEventSourceMapping
lambda-003 takeover - lambda:UpdateFunctionCode
lambda-004 takeover - lambda:UpdateFunctionCode lambda:InvokeFunction
lambda-005 takeover - lambda:UpdateFunctionCode lambda:AddPermission
lambda-006 pass lambda.amazonaws.com iam:PassRole lambda:CreateFunction lambda:AddPermission
sagemaker-001 pass sagemaker.amazonaws.com iam:PassRole sagemaker:CreateNotebookInstance
sagemaker-002 pass sagemaker.amazonaws.com iam:PassRole sagemaker:CreateTrainingJob
sagemaker-003 pass sagemaker.amazonaws.com iam:PassRole sagemaker:CreateProcessingJob
sagemaker-004 takeover - sagemaker:CreatePresignedNotebookInstanceUrl
sagemaker-005 takeover - sagemaker:CreateNotebookInstanceLifecycleConfig \
    sagemaker:StopNotebookInstance sagemaker:UpdateNotebookInstance sagemaker:StartNotebookInstance
ssm-001 takeover - ssm:StartSession
ssm-002 takeover - ssm:SendCommand
sts-001 impersonate - sts:AssumeRole
"""


def _path(line: str) -> EscalationPath:
    name, kind, service, *actions = line.split()
    return EscalationPath(name, kind, service.strip("-"), tuple(actions))  # type: ignore[arg-type]


PATHS = tuple(_path(line) for line in _TABLE.splitlines())
