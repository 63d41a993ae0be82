"""The Content-Security-Policy of a built page, in a `<meta>`: static hosts let nobody set headers.

It allows what this site's own folder serves and no other host, also to the worker that runs Python,
which takes over the page's policy. The theme's few inline scripts are allowed by their hashes; no
text is ever evaluated as a script. Styles may be inline: diagrams and the theme use `style=`.
"""

import base64
import hashlib
import re

_DIRECTIVES = {
    # Firefox fetches the next page ahead, by its own choice, and asks this one.
    "default-src": "'self'",
    "object-src": "'none'",
    "script-src": "'self' 'wasm-unsafe-eval'",  # Pyodide is WebAssembly
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
}
_INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.DOTALL
)
_CHARSET = re.compile(r"<meta charset=[^>]*>", re.IGNORECASE)


class SecurityPolicyError(ValueError):
    """A page to which no policy can be given; the message says why."""


def with_security_policy(html: str) -> str:
    """The page with its policy, as the first thing after its character set.

    `html`: a whole page, as the site builder wrote it. Raises SecurityPolicyError: the page names
    no character set, so it is none of the theme's.
    """
    charset = _CHARSET.search(html)
    if not charset:
        raise SecurityPolicyError('the page has no <meta charset="utf-8">')
    meta = f'<meta http-equiv="Content-Security-Policy" content="{security_policy(html)}">'
    return f"{html[: charset.end()]}{meta}{html[charset.end() :]}"


def security_policy(html: str) -> str:
    """The policy's text for a page: its inline scripts by their SHA-256 (CSP Level 3)."""
    hashes = dict.fromkeys(
        _hash(script["text"])
        for script in _INLINE.finditer(html)
        if "application/json" not in script["attributes"]  # data, which nobody runs
    )
    scripts = " ".join([_DIRECTIVES["script-src"], *hashes])
    return "; ".join(
        f"{name} {sources}" for name, sources in {**_DIRECTIVES, "script-src": scripts}.items()
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
