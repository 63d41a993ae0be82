"""`python -m podrole`."""

import sys

from podrole.cli import main

sys.exit(main())
