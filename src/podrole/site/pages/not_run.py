"""Why a block of a page is not run when the page is followed in the lab: by kind and format."""

from __future__ import annotations

from podrole.catalog import Snippet

#: A tool that the lab cannot stand in for, and what checks the block instead.
_TOOLS = {
    "terraform": "the lab runs no Terraform; the provider's schema checks it",
    "terraform-jsonencode": "the lab runs no Terraform; the provider's schema checks it",
    "hcl": "the lab runs no Terraform; the provider's schema checks it",
    "eksctl": "eksctl is not to be had where the tests run; its options are cited",
    "ack": "the lab runs no controllers of ACK; the fields are cited",
    "crossplane": "the lab runs no Crossplane; its CRD checks the fields",
    "python": "the tests run it, with its libraries",
    "go": "the tests compile it",
    "typescript": "the tests compile it",
    "sql": "the lab has no Athena; the columns are cited",
    "ini": "the tests read it by the SDK",
    "nginx": "a test serves the guide by it",
    "dockerfile": "the tests have no container runtime",
}
_NO_ENDPOINT = {
    "cli": "the AWS CLI checks the arguments",
    "cloudformation": "cfn-lint checks it",
}
#: Programs that are compiled and run as pods of a lab.
_RUN = {
    "go": "the tests run it as a pod",
    "typescript": "the tests run it as a pod",
    "java": "`make test-sdks` runs it as a pod",
    "rust": "`make test-sdks` runs it as a pod",
}
_KINDS = {
    "eksctl": _TOOLS["eksctl"],
    "publishing": "the forge or the host runs it; its schema checks it",
}


def why_not_run(snippet: Snippet, format: str) -> str:
    """The reason in one sentence, without a stop; empty for what is run or decided.

    `snippet` is what the block shows, `format` in which of its formats.
    """
    if snippet.kind == "policy":
        if snippet.holder == "vpc-endpoint" and format in _NO_ENDPOINT:
            return f"the lab has no VPC endpoints; {_NO_ENDPOINT[format]}"
        return _TOOLS.get(format, "")
    if snippet.kind == "cloudformation":
        return (
            "" if snippet.proof == "executed" else "the lab has no CloudFront; cfn-lint checks it"
        )
    if snippet.kind in _KINDS:
        return _TOOLS.get(format) or _KINDS[snippet.kind]
    if snippet.kind == "commands":
        return "" if snippet.proof == "executed" else (snippet.notes or "cited").rstrip(".")
    if snippet.kind == "manifest" and snippet.proof not in ("applied", "executed"):
        return "the lab has no such controller; a schema checks it"
    if snippet.proof == "executed" and format in _RUN:
        return _RUN[format]
    return _TOOLS.get(format, "")
