"""What a built site depends on, as one word: `python -m podrole.site.build_key`.

`make site` builds nothing where the word is that of the last build.
"""

import hashlib
import os
from pathlib import Path

_FOLDERS = ("docs", "notebooks", "snippets", "src/podrole", "requirements")
_FILES = ("mkdocs.yml", ".cache/python/bundle.json")
_VARIABLES = ("SITE_URL", "PODROLE_REPO_URL", "PODROLE_EDIT_PATH", "PODROLE_VERSIONS")
_SKIPPED = {"__pycache__", "node_modules", ".ipynb_checkpoints"}


def build_key(root: Path, values: str | None) -> str:
    """The word.

    `root`: the repository. `values`: the file with the reader's own values, if there is one.
    """
    files = [root / name for name in _FILES]
    for folder in _FOLDERS:
        files += sorted((root / folder).rglob("*"))
    if values:
        files.append(Path(values))
    digest = hashlib.sha256(repr([os.environ.get(name) for name in _VARIABLES]).encode())
    for path in files:
        if path.is_file() and not _SKIPPED & set(path.parts):
            digest.update(os.path.relpath(path, root).encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


if __name__ == "__main__":
    print(build_key(Path.cwd(), os.environ.get("PODROLE_VALUES")))
