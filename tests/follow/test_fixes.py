"""A fix that Troubleshoot shows, applied to the very failure: refused before, allowed after."""

from __future__ import annotations

from queue import Queue

import pytest

from podrole.follow.followed_lab import FollowedLab
from podrole.follow.followed_page import FollowedPage, page_path, reader_catalog
from podrole.follow.walk import before_clean_up

_READ = "pod-read-object"
_UPDATE = "aws iam update-assume-role-policy --role-name {} --policy-document file://broken.json"
NOT_TRUSTED = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
EKS_MAY_NOT = "EKS does not have permissions to assume the associated role"


@pytest.mark.parametrize(
    ("page", "broken", "section", "fix", "says", "stranger"),
    [
        ("irsa", "trust-irsa-bad-literal-star", f"AccessDenied: {NOT_TRUSTED}",
         "trust-irsa-exact", NOT_TRUSTED, "stranger-irsa"),
        ("irsa", "trust-irsa-bad-https", f"AccessDenied: {NOT_TRUSTED}",
         "trust-irsa-exact", NOT_TRUSTED, "stranger-irsa"),
        ("irsa", "trust-pod-identity", f"AccessDenied: {NOT_TRUSTED}",
         "trust-irsa-exact", NOT_TRUSTED, "stranger-irsa"),
        ("pod-identity", "trust-pod-identity-bad-no-tagsession",
         f"AccessDeniedException: {EKS_MAY_NOT}", "trust-pod-identity-source", EKS_MAY_NOT,
         "stranger-pod-identity"),
        ("pod-identity", "trust-pod-identity-bad-source-association",
         f"AccessDeniedException: {EKS_MAY_NOT}", "trust-pod-identity-source", EKS_MAY_NOT,
         "stranger-pod-identity"),
    ],
)  # fmt: skip
def test_the_fix_lets_the_pod_in_and_nobody_else(
    labs: Queue[FollowedLab],
    page: str,
    broken: str,
    section: str,
    fix: str,
    says: str,
    stranger: str,
) -> None:
    lab = labs.get()
    try:
        lab.renew()
        catalog = reader_catalog(lab)
        followed = FollowedPage(page_path(page), catalog)
        made, _ = before_clean_up(followed.script(followed.ways()[0]))
        for block in made:
            if block.use == "command" and not block.name.startswith("stranger"):
                lab.type(block.text)
        commands = {block.name: block.text for block in made if block.use == "command"}
        assert lab.type(commands[_READ]).code == 0

        (lab.folder / "broken.json").write_text(catalog.render(broken, "json"))
        assert lab.type(_UPDATE.format(catalog.values["role_name"])).code == 0
        # The agent keeps what it has for a pod: a new one is refused.
        assert lab.type(commands.get("rollout-restart", "true")).code == 0
        refused = lab.type(commands[_READ])
        assert refused.code != 0
        assert says in refused.printed

        shown = FollowedPage(page_path("troubleshoot"), catalog).blocks
        (fixing,) = (
            one.text
            for one in shown
            if (one.use, one.section, one.name) == ("command", section, fix)
        )
        assert lab.type(fixing).code == 0
        assert lab.type(commands[_READ]).code == 0
        assert lab.type(commands[stranger]).code != 0
    finally:
        labs.put(lab)
