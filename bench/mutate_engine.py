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
    "variables",
    "conditions",
    "principals",
    "statement",
    "request",
    "authorize",
    "index",
]
#: "module:line text -> mutated text": why no test can or need notice.
SURVIVORS: dict[str, str] = {}
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
        self.wanted, self.seen, self.line = wanted, -1, 0

    def hit(self, node: ast.AST) -> bool:
        self.seen += 1
        if self.seen == self.wanted:
            self.line = getattr(node, "lineno", 0)
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
            if self.hit(node):
                node.ops[index] = _COMPARE[type(operator)]()
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        if self.hit(node):
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Not) and self.hit(node):
            return node.operand
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        self.generic_visit(node)
        if self.hit(node):
            node.test = ast.UnaryOp(ast.Not(), node.test)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, bool):
            if self.hit(node):
                return ast.copy_location(ast.Constant(not node.value), node)
        elif isinstance(node.value, int) and self.hit(node):
            return ast.copy_location(ast.Constant(node.value + 1), node)
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        self.generic_visit(node)
        if node.value is not None and not isinstance(node.value, ast.Constant) and self.hit(node):
            node.value = ast.Constant(None)
        return node


def mutants(module: str) -> list[tuple[str, str]]:
    """Label and source of every mutant of a module."""
    source = (ROOT / f"src/podrole/policy/{module}.py").read_text()
    lines = source.splitlines()
    counter = Mutator(-1)
    counter.visit(ast.parse(source))
    found = []
    for number in range(counter.seen + 1):
        mutator = Mutator(number)
        tree = ast.fix_missing_locations(mutator.visit(ast.parse(source)))
        text = ast.unparse(tree)
        label = f"{module}:{lines[mutator.line - 1].strip()} #{number}"
        found.append((label, text))
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
        results = list(pool.map(lambda item: killed(*item), work))
    living = [label for label, dead in results if not dead]
    for label in living:
        print(f"lives: {label}  ({SURVIVORS.get(label, 'no reason yet')})")
    print(f"{len(work) - len(living)} of {len(work)} mutants killed")
    return int(any(label not in SURVIVORS for label in living))


if __name__ == "__main__":
    sys.exit(main())
