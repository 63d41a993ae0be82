"""Debian's nginx in the foreground, as an ordinary user, serving a folder by the guide's recipe."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from podrole.catalog import Catalog
from tests.tools import needs

#: nobody, where the tests themselves run as root.
_NOBODY = 65534


def configuration(catalog: Catalog, place: Path, port: int) -> str:
    """The recipe, with a folder of the test's for the container's paths, and only the loopback."""
    paths = {
        "listen 8080;": f"listen 127.0.0.1:{port};",
        "listen [::]:8080;": "",
        "/dev/stdout;": f"{place}/access.log;",
        " /tmp/": f" {place}/",
        " /srv/site;": f" {place}/site;",
    }
    text = catalog.render("site-nginx-conf", "nginx")
    for old in paths:
        assert old in text, f"the recipe no longer says {old}"
    return re.sub("|".join(map(re.escape, paths)), lambda match: paths[match[0]], text)


@contextmanager
def serving(catalog: Catalog, built: Path) -> Iterator[str]:
    """The address of the guide in `built`, at the catalogue's `site_path`, while it is served."""
    program = needs("nginx")
    with tempfile.TemporaryDirectory() as made, socket.socket() as listening:
        place = Path(made)
        folder = Path(f"{place}/site{catalog.values['site_path']}")
        shutil.copytree(built, folder)
        # nginx is handed a socket that listens already: no port to guess, nothing to wait for.
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        # nginx takes it as it is: in a blocking accept() one of its workers would stand still.
        listening.setblocking(False)
        port = listening.getsockname()[1]
        (place / "nginx.conf").write_text(configuration(catalog, place, port))
        user: dict[str, int | list[int]] = {}
        if os.getuid() == 0:
            user = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}
            for path in (place, *place.rglob("*")):
                os.chown(path, _NOBODY, _NOBODY)
        command = [program, "-e", "stderr", "-c", str(place / "nginx.conf")]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, **user)  # type: ignore[call-overload]
        assert checked.returncode == 0, checked.stderr
        assert "[warn]" not in checked.stderr, checked.stderr
        process = subprocess.Popen(
            command,
            env={"NGINX": f"{listening.fileno()};"},
            pass_fds=[listening.fileno()],
            stderr=subprocess.PIPE,
            text=True,
            **user,  # type: ignore[call-overload]
        )
        try:
            yield f"http://127.0.0.1:{port}{catalog.values['site_path']}"
        finally:
            process.terminate()
            said = process.communicate(timeout=20)[1]
        assert "[emerg]" not in said, said
        assert "[crit]" not in said, said
