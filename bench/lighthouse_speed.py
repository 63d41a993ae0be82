"""Lighthouse's score for speed of a notebook's page and of the start page: the median of five.

python bench/lighthouse_speed.py

Lighthouse emulates a middling phone: it takes each task on this machine four times as long. That
fits a machine whose benchmark index, printed beside the score, is 1500 or more.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.browser.lighthouse import debugging_port, judged
from tests.browser.page_kinds import KINDS
from tests.site.serving import serving

ROUNDS = 5


def main() -> None:
    """Print scores and indices of both pages."""
    site = Path(__file__).parents[1] / "site"
    with serving(site) as root:
        for kind in ("notebook", "start"):
            with debugging_port() as port:
                rounds = [judged(port, f"{root}{KINDS[kind]}") for _ in range(ROUNDS)]
            scores = [one["scores"]["performance"] for one in rounds]
            indices = [round(one["index"]) for one in rounds]
            print(f"{kind}: {statistics.median(scores)} of {scores}; benchmark index {indices}")


if __name__ == "__main__":
    main()
