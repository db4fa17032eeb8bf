"""A file somebody else wrote: whatever it is, its fault is told in one line, and nobody waits for it."""

import os
from pathlib import Path
from tomllib import TOMLDecodeError

import pytest
from click.testing import CliRunner

from rules import text_files
from rules.text_files import file_bytes, toml_of
from streams.cli import main

DIGITS = b"a = " + b"9" * 5_000
DEEP = b"a = " + b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    ("raw", "words"), [(DIGITS, "too many digits"), (DEEP, "too deeply"), (b"a =", "Invalid")]
)
def test_what_is_no_data_is_no_toml(raw: bytes, words: str) -> None:
    """Python's own limits are the file's fault too."""
    with pytest.raises(TOMLDecodeError, match=words):
        toml_of(raw)


def test_a_device_a_pipe_a_folder_and_what_is_too_large_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe nobody writes to would be waited for; a device may never end."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/zero")
    (tmp_path / "large").write_bytes(b"12345")
    monkeypatch.setattr(text_files, "LARGEST", 4)
    for name, words in (
        ("pipe", "a pipe"),
        ("device", "a device"),
        (".", "a folder"),
        ("large", "larger"),
        ("no", "No"),
    ):
        with pytest.raises(OSError, match=words):
            file_bytes(tmp_path / name)


def pipe(path: Path) -> None:
    """Make a pipe nobody writes to."""
    os.mkfifo(path)


def device(path: Path) -> None:
    """Make a link to a device that never ends."""
    path.symlink_to("/dev/zero")


def digits(path: Path) -> None:
    """Write a number no machine reads."""
    path.write_bytes(DIGITS)


def deep(path: Path) -> None:
    """Write brackets in brackets."""
    path.write_bytes(DEEP)


@pytest.mark.parametrize("made", [pipe, device, digits, deep])
@pytest.mark.parametrize(
    "name", ["policies/x.toml", "sources.toml", "edits/20260101/edition.toml", "drugs/20260101/edition.toml"]
)
def test_no_file_of_a_site_ends_a_verb_in_a_fault_of_ours(tmp_path: Path, name: str, made: object) -> None:
    """The input's fault, in a line, with status 2; ``check`` counts it among what is to be mended."""
    there = tmp_path / name
    there.parent.mkdir(parents=True, exist_ok=True)
    assert callable(made)
    made(there)
    words: list[list[str]] = [["code", "--site-dir", str(tmp_path)], ["rules", "--site-dir", str(tmp_path)]]
    if name.startswith("policies"):
        words += [["code", "--policy", str(there)], ["explain", "--policy", str(there.parent)]]
    for typed in words:
        result = CliRunner().invoke(main, typed, input=b"")
        assert result.exit_code == 2
        assert "a fault of ours" not in result.stderr
        assert there.name in result.stderr
    checked = CliRunner().invoke(main, ["check", "--site-dir", str(tmp_path)])
    assert checked.exit_code == 1
    assert "a fault of ours" not in checked.output


def test_an_official_file_that_is_a_pipe_is_refused(tmp_path: Path) -> None:
    """Nothing is written, and nobody waits."""
    pipe(tmp_path / "f")
    for option in ("--mue-outpatient", "--hcpcs"):
        result = CliRunner().invoke(main, ["refresh", "2027Q1", option, str(tmp_path / "f")])
        assert result.exit_code == 2
        assert "f: cannot be read (it is a device or a pipe, not a file)." in result.stderr
