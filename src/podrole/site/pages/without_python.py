"""Pages of a site that holds no Python for the browser, because Node.js was missing."""

import re

_SCRIPT = re.compile(
    r'^<script type="module" src="[^"]*/assets/checker/[^"]*"></script>(?=\n|\Z)', re.M
)
#: The note of a checker's page goes on: "Without it, the commands below give the same answers …".
_NOTE = '!!! note "This needs JavaScript"\n'
_WITHOUT = '!!! note "This copy of the guide was built without Node.js"\n'


def without_python(markdown: str) -> str:
    """Return a page's text without a checker that could not answer, and with the reason.

    `markdown`: the text of any page; its lines keep their numbers.
    """
    return _SCRIPT.sub("", markdown).replace(_NOTE, _WITHOUT)
