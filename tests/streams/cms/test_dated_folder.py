"""Dated folders are put in place all together, or every one of them is as it was."""

from datetime import date
from pathlib import Path

import pytest
from drug_lists import tree

from streams.cms.dated_folder import DatedFolder, install
from streams.cms.refusal import RefreshRefusedError

NEW_YEAR = date(2027, 1, 1)


@pytest.fixture
def folders(tmp_path: Path) -> list[DatedFolder]:
    """Return one folder that stands and one that is new, both with a file built aside."""
    for name in ("edits", "drugs"):
        (tmp_path / name).mkdir()
    standing = tmp_path / "edits" / "20270101"
    standing.mkdir()
    (standing / "table.csv").write_text("old", encoding="utf-8")
    both = [DatedFolder(tmp_path / name, NEW_YEAR) for name in ("edits", "drugs")]
    for folder in both:
        (folder.building() / "table.csv").write_text("new", encoding="utf-8")
    return both


def test_what_holds_is_kept(tmp_path: Path, folders: list[DatedFolder]) -> None:
    """Both folders are new, and nothing lies beside them."""
    install(folders, list)

    assert tree(tmp_path) == {"drugs/20270101/table.csv": b"new", "edits/20270101/table.csv": b"new"}
    assert not any(path.name.startswith(".") for path in tmp_path.rglob("*"))


def test_what_does_not_hold_is_taken_back_everywhere(tmp_path: Path, folders: list[DatedFolder]) -> None:
    """The one that stood stands, the new one is gone."""
    with pytest.raises(RefreshRefusedError, match="a line to mend"):
        install(folders, lambda: ["a line to mend"])

    assert tree(tmp_path) == {"edits/20270101/table.csv": b"old"}


def test_a_disk_that_fails_between_two_folders_leaves_both(
    tmp_path: Path, folders: list[DatedFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first was in place already; it is put back."""

    def full() -> None:
        message = "no space left"
        raise OSError(message)

    monkeypatch.setattr(folders[1], "swap", full)

    with pytest.raises(OSError, match="no space left"):
        install(folders, list)

    assert tree(tmp_path) == {"edits/20270101/table.csv": b"old"}


def test_a_check_that_fails_itself_leaves_both(tmp_path: Path, folders: list[DatedFolder]) -> None:
    """A fault of ours is no reason to keep what nobody checked."""

    def broken() -> list[str]:
        raise KeyError

    with pytest.raises(KeyError):
        install(folders, broken)

    assert tree(tmp_path) == {"edits/20270101/table.csv": b"old"}
