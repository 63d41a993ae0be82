"""Lighthouse's score for speed of a notebook's page and of the start page: the median of five.

python bench/lighthouse_speed.py

Lighthouse emulates a middling phone: it takes each task on this machine four times as long. That
fits a machine whose benchmark index, printed beside the score, is 1500 or more.
"""

from __future__ import annotations

import statistics
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from podrole.site.serve import site_server
from tests.browser.lighthouse import debugging_port, judged
from tests.browser.page_kinds import KINDS

ROUNDS = 5


def main() -> None:
    """Print scores and indices of both pages."""
    site = Path(__file__).parents[1] / "site"
    with site_server(site, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for kind in ("notebook", "start"):
            address = f"http://127.0.0.1:{server.server_port}/{KINDS[kind]}"
            with debugging_port() as port:
                rounds = [judged(port, address) for _ in range(ROUNDS)]
            scores = [one["scores"]["performance"] for one in rounds]
            indices = [round(one["index"]) for one in rounds]
            print(f"{kind}: {statistics.median(scores)} of {scores}; benchmark index {indices}")
        server.shutdown()


if __name__ == "__main__":
    main()
