"""How a reader deploys a block that is a CloudFormation template."""

from __future__ import annotations

_CAPABILITY = "--capabilities CAPABILITY_NAMED_IAM"


def deploy_command(name: str, template: str) -> str:
    """The AWS CLI's command for a template that is saved as `NAME.yml`.

    `template` is its text: roles need a capability (CloudFormation user guide, "Acknowledging IAM
    resources in CloudFormation templates", checked 2026-11-29).
    """
    command = f"aws cloudformation deploy --stack-name {name} --template-file {name}.yml"
    return f"{command} {_CAPABILITY}" if "AWS::IAM::" in template else command


def saved_and_deployed(name: str, template: str) -> str:
    """What a reader types into a shell who has only the block."""
    return f"cat > {name}.yml <<'TEMPLATE'\n{template}\nTEMPLATE\n{deploy_command(name, template)}"
