"""What is not as a page says: each fault is told, with its place, and ends the walk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from podrole.follow.followed_lab import FollowedLab, Typed
from podrole.follow.kubectl_exec import lab_arguments
from podrole.follow.walk import Step, before_clean_up, follow, kept, not_printed, runs
from podrole.site.pages.page_blocks import Block, Use


class Stub:
    """A lab whose shell answers what it is told, and whose inventory is what stands in `things`."""

    def __init__(self, folder: Path, **answers: Typed) -> None:
        self.folder, self._answers = folder, answers
        self.at_first = self.things = {"role admin": "[]"}
        self.typed: list[str] = []

    @property
    def inventory(self) -> Any:
        return self

    def read(self) -> Mapping[str, str]:
        return self.things

    def type(self, script: str) -> Typed:
        self.typed.append(script)
        return self._answers.get(script.split()[0], Typed(0, "done\n"))


def block(use: Use, text: str = "", name: str = "x", **more: Any) -> Block:
    return Block(1, "Section", more.pop("tabs", ()), use, name, text=text, **more)


def walked(lab: Stub, *blocks: Block) -> Iterator[Step]:
    return follow(cast("FollowedLab", lab), blocks)


def complaint(lab: Stub, *blocks: Block) -> str:
    steps = list(walked(lab, *blocks))
    assert not any(step.complaint for step in steps[:-1])
    return steps[-1].complaint


MAKES = "kubectl create namespace orders"
LOOKS = "aws sts get-caller-identity"


def test_a_page_that_holds(tmp_path: Path) -> None:
    lab = Stub(tmp_path, aws=Typed(0, "an Arn\nand more\n"), false=Typed(1, "denied: you\n"))
    blocks = [
        block("file", "{}", file="trust.json"),
        block("command", "cat trust.json; kubectl apply -f x"),
        block("command", LOOKS),
        block("output", "an …"),
        block("command", "false"),
        block("output", "denied: …", fails=True),
        block("policy", name="p"),
        block("table", name="p"),
        block("not run", "terraform apply"),
    ]
    assert complaint(lab, *blocks) == ""
    assert (tmp_path / "trust.json").read_text() == "{}\n"
    assert lab.typed == ["cat trust.json; kubectl apply -f x", LOOKS, "false"]


@pytest.mark.parametrize(
    ("blocks", "says"),
    [
        ([block("command", "false")], "ends with exit code 1"),
        ([block("command", LOOKS)], "only looks, so the page must show what it prints"),
        ([block("output", "x")], "there is no command above it"),
        ([block("command", MAKES), block("output", "y")], "does not print 'y'"),
        (
            [block("command", MAKES), block("output", "done", fails=True)],
            "should fail, as the page says, but it succeeds",
        ),
        ([block("file", "{}", file="trust.json")], "no command uses trust.json"),
        (
            [block("file", file="trust.json"), block("command", "kubectl apply -f my-trust.json")],
            "no command uses trust.json",
        ),
        ([block("command", f"{MAKES}\n{LOOKS}")], "its last command only looks, so the page must"),
        ([block("command", MAKES), block("command", MAKES)], "typed a second time, and nothing"),
        (
            [block("command", MAKES, name="p", format="cli"), block("table", name="q")],
            "the truth table below it is of q",
        ),
        ([block("policy", name="p")], "it needs a truth table below it"),
        ([block("policy", name="p"), block("table", name="q")], "needs a truth table below it"),
    ],
)
def test_a_fault_is_told(tmp_path: Path, blocks: list[Block], says: str) -> None:
    lab = Stub(tmp_path, false=Typed(1, "denied\n"))
    told = complaint(lab, *blocks, block("command", MAKES))
    assert says in told
    assert told.startswith("line 1 (Section): ")


def test_nothing_is_typed_after_a_fault(tmp_path: Path) -> None:
    lab = Stub(tmp_path, false=Typed(1, ""))
    assert "exit code 1" in complaint(lab, block("command", "false"), block("command", MAKES))
    assert lab.typed == ["false"]


def test_what_is_left_is_told(tmp_path: Path) -> None:
    lab = Stub(tmp_path)
    lab.things = {"role admin": "[1]", "role orders": "[]"}
    assert complaint(lab) == "role orders is left behind; role admin is not as it was"
    lab.things = {}
    assert complaint(lab) == "role admin is gone"


def test_lines_are_looked_for_in_order() -> None:
    printed = "one  two\nthree\tfour\n"
    assert not_printed("one two\nthree …\n", printed) == ""
    assert not_printed("three …\none two\n", printed) == "one two"
    assert not_printed("one", printed) == "one"
    assert not_printed("a.b", "axb") == "a.b"


def test_each_label_has_its_way() -> None:
    blocks = [
        block("command", MAKES, tabs=((1, "AWS CLI"),), name="a"),
        block("not run", tabs=((1, "Terraform"),), name="b"),
        block("command", MAKES, tabs=((2, "IRSA"),), name="c"),
        block("command", MAKES, tabs=((2, "Pod Identity"),), name="d"),
    ]
    ways = runs(blocks)
    assert ways == [{1: "AWS CLI", 2: "IRSA"}, {1: "AWS CLI", 2: "Pod Identity"}]
    assert [[one.name for one in kept(blocks, way)] for way in ways] == [
        ["a", "b", "c"],
        ["a", "b", "d"],
    ]


def test_a_page_that_goes_on_leaves_the_clean_up_to_the_end() -> None:
    make, away = block("command"), Block(9, "Take it away again", (), "command", "y")
    assert before_clean_up([make, away]) == ([make], [away])


@pytest.mark.parametrize(
    ("typed", "exec"),
    [
        ("-n a exec deployment/b -- env", "lab exec b -n a -- env"),
        ("exec -it deploy/b --namespace=a -c app -- sh -c x", "lab exec b --namespace a -c app"
         " -- sh -c x"),
        ("exec -i b -- python -", "lab exec b -- python -"),
    ],
)  # fmt: skip
def test_kubectl_exec_runs_as_a_pod_of_the_lab(typed: str, exec: str) -> None:
    assert lab_arguments(typed.split()) == exec.split()
