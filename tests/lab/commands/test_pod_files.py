"""A pod's files below one folder: what a program puts in their way leads nothing out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from podrole.lab.commands.pod_files import PodFiles


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "pod"
    folder.mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/token").write_text("the reader's")
    return folder


def outside(root: Path) -> dict[str, str]:
    return {one.name: one.read_text() for one in (root.parent / "outside").iterdir()}


def test_files_are_private_and_change_whole(root: Path) -> None:
    files = PodFiles(root)
    files.write({"/a/token": "first", "b": "second"})
    before = (root / "a/token").stat().st_ino
    assert (root / "a/token").stat().st_mode & 0o777 == 0o600
    assert (root / "a").stat().st_mode & 0o777 == 0o700
    files.write({"/a/token": "first", "b": "second"})
    assert (root / "a/token").stat().st_ino == before, "what has not changed stays"
    files.write({"/a/token": "new", "b": "second"})
    assert (root / "a/token").stat().st_ino != before
    assert (root / "a/token").read_text() == "new"
    assert [one.name for one in (root / "a").iterdir()] == ["token"]


@pytest.mark.parametrize("link", ["a", "a/b"])
def test_a_folder_that_became_a_link_is_not_entered(root: Path, link: str) -> None:
    files = PodFiles(root)
    files.write({"/a/b/token": "first"})
    (root / link).rename(root / "old")
    (root / link).symlink_to(root.parent / "outside")
    with pytest.raises(OSError, match=r"Not a directory|Too many levels"):
        files.write({"/a/b/token": "second"})
    assert outside(root) == {"token": "the reader's"}


def test_a_file_that_became_a_link_is_replaced(root: Path) -> None:
    files = PodFiles(root)
    files.write({"/token": "first"})
    (root / "token").unlink()
    (root / "token").symlink_to(root.parent / "outside/token")
    files.write({"/token": "second"})
    assert not (root / "token").is_symlink()
    assert (root / "token").read_text() == "second"
    assert outside(root) == {"token": "the reader's"}


def test_a_variable_that_names_a_file_says_where_it_lies(root: Path) -> None:
    files = PodFiles(root)
    files.write({"/var/run/token": "x"})
    assert files.moved("/var/run/token") == str(root / "var/run/token")
    assert files.moved("/var/lib/../run//token") == str(root / "var/run/token")
    for other in ("/var/run", "var/run/token", "/" + "x" * 5000, "/a\0b", "file:///var/run/token"):
        assert files.moved(other) == other


def test_nothing_is_written_after_the_end(root: Path) -> None:
    files = PodFiles(root)
    files.close()
    files.write({"/token": "x"})
    assert list(root.iterdir()) == []
