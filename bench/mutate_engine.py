"""`make mutate`: change the engine one step at a time and see whether the tests notice.

Each mutant is a copy of `src/` with one operator, constant or condition changed. First the rows of
tests/conformance and 3,000 differential cases judge it, then, if it lives, all of tests/policy.
Survivors are printed; those with a reason stand in SURVIVORS, and a new one fails the run.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULES = [
    "patterns",
    "text_patterns",
    "variables",
    "operators",
    "conditions",
    "principals",
    "statement",
    "request",
    "authorize",
    "index",
]
#: "module: line -> mutated line", as Python prints them: why no test can or need notice. A line in
#: FASTER only makes a decision cheaper; without it, or with another figure in it, the answer is the
#: same.
_ANY_NEGATIVE = "any negative number says that there is none"
_SAME_LENGTH = "both have the same length here: strict is a promise, not a step"
_NO_COLON = "no identifier of IAM has a colon in it, so a seventh part cannot be"
SURVIVORS: dict[str, str] = {
    "patterns: return found + len(chunk) if found >= 0 else -1"
    " -> return found + len(chunk) if found >= 0 else -2": _ANY_NEGATIVE,
    "patterns: return match.end() if match else -1"
    " -> return match.end() if match else -2": _ANY_NEGATIVE,
    "patterns: return len(parts) == 6 and all((check(part) for check, part in"
    " zip(testers, parts, strict=True))) -> return len(parts) == 6 and all((check(part)"
    " for check, part in zip(testers, parts, strict=False)))": _SAME_LENGTH,
    "statement: for wanted, test in zip(self.resources, self._resource_tests, strict=True):"
    " -> for wanted, test in zip(self.resources, self._resource_tests, strict=False):": (
        _SAME_LENGTH
    ),
    "index: elif text.endswith('*') and (not set('*?') & set(text[:-1])) and"
    " (text.count(':') >= least_prefix.count(':')): -> elif text.endswith('*') and"
    " (not set('*?') & set(text[:-1])) and (text.count(':') > least_prefix.count(':')):": (
        "the pattern is tried one by one instead of looked up"
    ),
    "principals: parts = text.split(':', 5) -> parts = text.split(':', 6)": _NO_COLON,
}
#: The beginnings of lines that build or choose a look-up table, or remember an answer.
FASTER: dict[str, tuple[str, ...]] = {
    "conditions": ("return lambda value:", "return (lambda value:"),
    "statement": (
        "_REMEMBERED_PRINCIPALS =",
        "static = [",
        "if len(static) < WORTHWHILE:",
        "for wanted, test in zip(static,",
        "index.add(wanted, 0, test",
        "return index",
        "if len(self._named) < _REMEMBERED_PRINCIPALS:",
        "if self.resources is None or self.not_resource or self._resources_with_variables:",
        "if len(statements) >= WORTHWHILE:",
    ),
    "index": (
        "WORTHWHILE =",
        "if len(text) - 1 not in self._lengths:",
    ),
}
_COMPARE = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


class Mutator(ast.NodeTransformer):
    """Applies the n-th possible mutation; counts them all when n is -1."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.seen = wanted, -1

    def hit(self) -> bool:
        self.seen += 1
        return self.seen == self.wanted

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        # `frozen=True` and cache sizes are no behaviour that a caller sees.
        for child in node.body:
            self.visit(child)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        for child in [node.args, *node.body]:
            self.visit(child)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        for index, operator in enumerate(node.ops):
            if self.hit():
                node.ops[index] = _COMPARE[type(operator)]()
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        if self.hit():
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Not) and self.hit():
            return node.operand
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        self.generic_visit(node)
        if self.hit():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, bool):
            if self.hit():
                return ast.copy_location(ast.Constant(not node.value), node)
        elif isinstance(node.value, int) and self.hit():
            return ast.copy_location(ast.Constant(node.value + 1), node)
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        self.generic_visit(node)
        if node.value is not None and not isinstance(node.value, ast.Constant) and self.hit():
            node.value = ast.Constant(None)
        return node


def mutants(module: str) -> list[tuple[str, str]]:
    """Label and source of every mutant of a module."""
    source = (ROOT / f"src/podrole/policy/{module}.py").read_text()
    counter = Mutator(-1)
    counter.visit(ast.parse(source))
    plain = ast.unparse(ast.parse(source)).splitlines()
    found = []
    for number in range(counter.seen + 1):
        tree = ast.fix_missing_locations(Mutator(number).visit(ast.parse(source)))
        text = ast.unparse(tree)
        pairs = zip(plain, text.splitlines(), strict=False)
        was, now = next(pair for pair in pairs if pair[0] != pair[1])
        found.append((f"{module}: {was.strip()} -> {now.strip()}", text))
    return found


_FIRST = """
import json, pathlib, sys
sys.path.insert(0, {root!r})
from podrole.policy.rows import decide_row
from tests.policy.naive_evaluator import evaluate
from tests.policy.test_differential import Generator
for path in sorted(pathlib.Path({root!r}, "tests/conformance/policy").glob("*.jsonl")):
    for line in path.read_text().splitlines():
        row = json.loads(line)
        given = {{"request": row["request"], "policies": row["policies"]}}
        assert decide_row(given).effect == row["expected"]
generator = Generator(11)
for _ in range(3000):
    row = generator.row()
    assert decide_row(row).effect == evaluate(row["request"], row["policies"])
"""


def killed(label: str, module: str, text: str) -> tuple[str, bool]:
    """Whether a test notices the mutant. A run that takes too long has noticed."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder, "src", "podrole")
        Path(folder, "snippets").symlink_to(ROOT / "snippets")
        shutil.copytree(ROOT / "src/podrole", package, ignore=shutil.ignore_patterns("__pycache__"))
        (package / "policy" / f"{module}.py").write_text(text)
        environment = {
            **os.environ,
            "PYTHONPATH": str(package.parent),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        tests = ["-q", "-x", "-p", "no:cacheprovider", "-k", "not naive_evaluator", "tests/policy"]
        for command in (["-c", _FIRST.format(root=str(ROOT))], ["-m", "pytest", *tests]):
            try:
                done = subprocess.run(
                    [sys.executable, *command],
                    cwd=ROOT,
                    env=environment,
                    capture_output=True,
                    timeout=120,
                )
            except subprocess.TimeoutExpired:
                return label, True
            if done.returncode:
                return label, True
    return label, False


def main() -> int:
    """Run all mutants; exit code 1 if one lives without a reason."""
    chosen = sys.argv[1:] or MODULES
    work = [(label, module, text) for module in chosen for label, text in mutants(module)]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        results = []
        for label, dead in pool.map(lambda item: killed(*item), work):
            results.append((label, dead))
            if not dead:
                print(f"lives: {label}  ({reason(label) or 'no reason yet'})", flush=True)
    living = [label for label, dead in results if not dead]
    share = (len(work) - len(living)) / len(work)
    print(f"{len(work) - len(living)} of {len(work)} mutants killed, {share:.1%}")
    return int(any(reason(label) is None for label in living))


def reason(label: str) -> str | None:
    """Why a mutant may live, None where nobody has said."""
    if label in SURVIVORS:
        return SURVIVORS[label]
    module, _, lines = label.partition(": ")
    faster = any(lines.startswith(line) for line in FASTER.get(module, ()))
    return "only faster" if faster else None


if __name__ == "__main__":
    sys.exit(main())
