"""Folders with secrets: who may see them, and which of them a sweep removes."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest

from podrole.lab.serving.private_folder import POD, SERVED, private_folder, read_kept, sweep


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def left_behind(temporary: Path, name: str) -> Path:
    """A folder whose process was killed: its lock is there, and nobody holds it."""
    folder = temporary / name
    folder.mkdir()
    (folder / "lock").touch()
    (folder / "token").write_text("secret")
    return folder


def test_it_is_the_users_alone_and_goes_at_the_end(temporary: Path) -> None:
    with private_folder(POD) as folder:
        assert folder.parent == temporary
        assert folder.name.startswith("podrole-pod-")
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "token").write_text("secret")
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("prefix", [SERVED, POD])
def test_each_start_sweeps_what_both_commands_left(temporary: Path, prefix: str) -> None:
    for name in ("podrole-pod-a", "podrole-lab-b"):
        left_behind(temporary, name)
    with private_folder(prefix) as folder:
        assert list(temporary.iterdir()) == [folder]


def test_what_is_in_use_stays(temporary: Path) -> None:
    with private_folder(SERVED) as first, private_folder(POD) as second:
        sweep()
        assert sorted(temporary.iterdir()) == sorted([first, second])


def test_another_users_folder_stays(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = left_behind(temporary, "podrole-pod-a")
    monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    sweep()
    assert (folder / "token").exists()


def test_another_users_lock_in_a_folder_of_ours_stays(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = left_behind(temporary, "podrole-pod-a")
    real = os.fstat
    lock = (folder / "lock").stat().st_ino

    def foreign(descriptor: int) -> os.stat_result:
        found = real(descriptor)
        if found.st_ino != lock:
            return found
        return os.stat_result([*found[:4], found.st_uid + 1, *found[5:]])

    monkeypatch.setattr(os, "fstat", foreign)
    sweep()
    assert (folder / "token").exists()


def test_what_only_has_the_name_stays(temporary: Path) -> None:
    """A folder without a lock, one whose lock is a link, a file, and a link to a folder."""
    real = left_behind(temporary, "real")
    (temporary / "podrole-pod-none").mkdir()
    linked = temporary / "podrole-pod-linked"
    linked.mkdir()
    (linked / "lock").symlink_to(real / "lock")
    (temporary / "podrole-pod-file").touch()
    (temporary / "podrole-pod-link").symlink_to(real)
    before = sorted(temporary.rglob("*"))
    sweep()
    assert sorted(temporary.rglob("*")) == before


def test_a_swept_folder_takes_nothing_along(temporary: Path) -> None:
    """Links in it lead nowhere, and folders that forbid it go too."""
    kept = temporary / "kept"
    kept.mkdir(mode=0o500)
    (temporary / "file").write_text("kept")
    folder = left_behind(temporary, "podrole-pod-a")
    (folder / "link").symlink_to(kept)
    (folder / "file").symlink_to(temporary / "file")
    (folder / "cache/module").mkdir(parents=True)
    (folder / "cache/module/file").touch()
    (folder / "cache/module").chmod(0o500)
    (folder / "cache").chmod(0)
    sweep()
    assert sorted(temporary.iterdir()) == [temporary / "file", kept]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o500
    assert (temporary / "file").read_text() == "kept"


def test_what_a_running_process_keeps_is_read(temporary: Path) -> None:
    left_behind(temporary, f"{SERVED}killed")
    assert read_kept(SERVED, "token") is None
    elsewhere = temporary / "elsewhere"
    elsewhere.write_text("another's")
    with private_folder(SERVED) as folder, private_folder(POD) as other:
        (other / "token").write_text("a pod's")
        assert read_kept(SERVED, "token") is None
        (folder / "token").symlink_to(elsewhere)
        assert read_kept(SERVED, "token") is None
        (folder / "token").unlink()
        (folder / "token").write_text("the lab's")
        assert read_kept(SERVED, "token") == "the lab's"
        if os.getuid() == 0:  # only root can give a file away
            os.chown(folder / "token", 1, 1)
            assert read_kept(SERVED, "token") is None
