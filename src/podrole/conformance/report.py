"""The results: a table by area, a line for each failure, JSON, and JUnit's XML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from podrole.conformance.run import OUTCOMES, Result
from podrole.conformance.suite import VERSION
from podrole.terminal import one_line

_COLUMNS = ("area", "cases", *OUTCOMES)


def table(results: Sequence[Result]) -> str:
    """A row for each area and one for all."""
    rows = [_COLUMNS, *(_row(area, found) for area, found in _areas(results))]
    rows.append(_row("all", results))
    widths = [max(len(str(row[at])) for row in rows) for at in range(len(_COLUMNS))]
    return "\n".join(
        "  ".join(
            str(cell).ljust(width) if at == 0 else str(cell).rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def score(results: Sequence[Result]) -> str:
    """`312 of 330 (94.5 %), 12 skipped`."""
    ran = [result for result in results if result.outcome != "skipped"]
    passed = sum(result.outcome == "passed" for result in ran)
    share = f" ({100 * passed / len(ran):.1f} %)" if ran else ""
    skipped = len(results) - len(ran)
    return f"{passed} of {len(ran)}{share}" + (f", {skipped} skipped" if skipped else "")


def failure(result: Result) -> str:
    """One line: the case, what AWS answers, and what the endpoint said."""
    return one_line(f"{result.outcome}: {result.case.id}: {result.wanted}, not {result.said}")


def document(results: Sequence[Result], endpoint: str) -> dict[str, Any]:
    """The results as JSON has them."""
    return {
        "suite": "podrole-conformance",
        "version": VERSION,
        "endpoint": endpoint,
        "areas": {area: _counts(found) for area, found in _areas(results)},
        "all": _counts(results),
        "results": [
            {
                "id": result.case.id,
                "area": result.case.area,
                "outcome": result.outcome,
                "expected": result.wanted,
                "said": result.said,
            }
            for result in results
        ],
    }


def junit(results: Sequence[Result]) -> bytes:
    """The results in the XML that CI systems read, a suite for each area."""
    root = Element("testsuites", name="podrole-conformance")
    for area, found in _areas(results):
        counts = _counts(found)
        suite = SubElement(
            root,
            "testsuite",
            name=area,
            tests=str(len(found)),
            failures=str(sum(result.failed for result in found)),
            skipped=str(counts["skipped"]),
        )
        for result in found:
            case = SubElement(suite, "testcase", classname=area, name=result.case.id)
            said = one_line(result.said)
            if result.outcome == "skipped":
                SubElement(case, "skipped", message=said)
            elif result.failed:
                SubElement(case, "failure", type=result.outcome, message=said).text = one_line(
                    f"expected {result.wanted}; source: {result.case.source}"
                )
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _areas(results: Sequence[Result]) -> Iterator[tuple[str, list[Result]]]:
    for area in dict.fromkeys(result.case.area for result in results):
        yield area, [result for result in results if result.case.area == area]


def _counts(results: Sequence[Result]) -> dict[str, int]:
    counts = Counter(result.outcome for result in results)
    return {"cases": len(results), **{outcome: counts[outcome] for outcome in OUTCOMES}}


def _row(name: str, results: Sequence[Result]) -> tuple[Any, ...]:
    return (name, *_counts(results).values())
