"""What slow programs made of the same texts before: a compiler says the same of them again.

The key has all that the result depends on. A fresh clone, and so CI, has nothing kept.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from typing import Any

from tests.client_programs import CACHE


def kept(name: str, inputs: Iterable[str], make: Callable[[], Any]) -> Any:
    """The result for these inputs, of JSON: as it was kept, or made now. A failure is not kept."""
    digest = hashlib.sha256("\0".join(inputs).encode()).hexdigest()
    path = CACHE / "kept" / f"{name}-{digest[:32]}.json"
    if not path.exists():
        text = json.dumps(make())
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.glob(f"{name}-*"):
            old.unlink(missing_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    return json.loads(path.read_text(encoding="utf-8"))
