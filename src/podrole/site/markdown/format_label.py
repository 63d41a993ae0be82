"""What a reader sees of a format: its name, its highlighting, and how it is proven."""

from podrole.catalog import Snippet

#: A format's tab, and the Pygments lexer where that has another name.
LABELS = {
    "json": "JSON",
    "yaml": "YAML",
    "bash": "Shell",
    "hcl": "Terraform",
    "python": "Python",
    "go": "Go",
    "typescript": "TypeScript",
    "java": "Java",
    "rust": "Rust",
    "sql": "SQL",
    "ini": "Profile",
    "dockerfile": "Dockerfile",
    "nginx": "nginx",
    "cli": "AWS CLI",
    "cli-update": "AWS CLI (existing role)",
    "kubectl": "kubectl",
    "terraform": "Terraform",
    "terraform-jsonencode": "Terraform (jsonencode)",
    "cloudformation": "CloudFormation",
    "cdk-typescript": "CDK (TypeScript)",
    "cdk-python": "CDK (Python)",
    "pulumi": "Pulumi",
    "eksctl": "eksctl",
    "ack": "ACK",
    "crossplane": "Crossplane",
}
_LEXERS = {
    "cli": "bash",
    "cli-update": "bash",
    "kubectl": "bash",
    "terraform": "hcl",
    "terraform-jsonencode": "hcl",
    "cloudformation": "yaml",
    "cdk-typescript": "typescript",
    "cdk-python": "python",
    "pulumi": "typescript",
    "eksctl": "yaml",
    "ack": "yaml",
    "crossplane": "yaml",
}
#: What `make test` does with a policy's format.
_POLICY_PROOFS = {
    "cli": "run by the real AWS CLI in the lab; AWS then holds the same document",
    "cli-update": "run by the real AWS CLI when the pages that show it are followed",
    "terraform": "as `terraform fmt` writes it, checked against the provider's schema, read back",
    "terraform-jsonencode": "as `terraform fmt` writes it, evaluated: the same document",
    "cloudformation": "cfn-lint finds nothing; roles and boundaries are deployed to moto",
    "cdk-typescript": "compiled strictly and synthesised: the CloudFormation template",
    "cdk-python": "synthesised: the CloudFormation template",
    "pulumi": "compiled strictly and run: it registers the same document",
    "eksctl": "cited: eksctl's schema is not to be had where the tests run",
    "ack": "cited: ACK's CRDs are not to be had where the tests run",
    "crossplane": "checked strictly against the CRD of provider-aws",
}
_TEXT_PROOFS = {
    "executed": "run in the lab",
    "applied": "applied to the lab by kubectl, and checked strictly against Kubernetes' schemas",
    "schema-checked": "checked strictly against its schema",
    "model-checked": "its arguments are checked by the real tool",
    "compiled": "compiled by its language's own tools",
    "cited": "cited, not run",
}
_SERVED = "served by a real nginx, which must answer as the page says"


def lexer(format: str) -> str:
    """The name of the Pygments lexer for a format."""
    return _LEXERS.get(format, format)


def proof(snippet: Snippet, format: str) -> str | None:
    """How a snippet's format is proven; None for a policy's own formats: its truth table does."""
    if snippet.kind == "policy":
        if snippet.holder == "vpc-endpoint" and format == "cli":
            return "its arguments are checked by the real AWS CLI; the lab has no VPC endpoints"
        return _POLICY_PROOFS.get(format)
    if format == "nginx" and snippet.proof == "executed":
        return _SERVED
    same = format in (snippet.language, "kubectl")
    return _TEXT_PROOFS[snippet.proof or "cited"] if same else None
