"""The suite runs the same on any machine, signed in to AWS or not."""

from __future__ import annotations

import os

for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
