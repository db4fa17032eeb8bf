"""``infusion refresh``: CMS's files in, a dated folder out, and nothing at all when one of them is wrong."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from drug_lists import ASP, HCPCS, drug_lists, tree

from rules.tables.check import problems
from rules.tables.edition_files import EDITS
from streams.cli import main
from streams.cli.refresh import lines
from streams.cms.refresh import Change
from streams.cms.taken import Note

MUE = (
    'Copyright line,,,\r\n"HCPCS/\r\nCPT Code",Outpatient Hospital Services MUE Values,'
    "MUE Adjudication Indicator,MUE Rationale\r\n"
    "96361,26,3 Date of Service Edit: Clinical,Clinical: Data\r\n"
    "96365,2,3 Date of Service Edit: Clinical,Clinical: Data\r\n"
)


@pytest.fixture
def edits(tmp_path: Path) -> Path:
    """Return a folder of editions with no table in it yet."""
    folder = tmp_path / "edits"
    folder.mkdir()
    for name in ("families.toml", "opps_status.toml"):
        (folder / name).write_bytes((EDITS / name).read_bytes())
    return folder


@pytest.fixture
def mue(tmp_path: Path) -> Path:
    """Return a small file of CMS's layout."""
    file = tmp_path / "MCR_MUE_OutpatientHospitalServices_Eff_01-01-2027.csv"
    file.write_bytes(MUE.encode())
    return file


def run(*typed: str | Path) -> Result:
    """Return what the verb did."""
    return CliRunner().invoke(main, ["refresh", *map(str, typed)])


def test_a_quarter_is_written_and_what_moved_is_said(edits: Path, mue: Path) -> None:
    """The folder holds the table with its source, and is in order."""
    result = run("2027Q1", "--mue-outpatient", mue, "--into", edits)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == [
        "mue_outpatient: 2 rows, 2 came, 0 went, 0 changed",
        "  came 96361 26 3",
        "  came 96365 2 3",
    ]
    assert "written for dates of service from 2027-01-01" in result.stderr
    assert (edits / "20270101" / "mue_outpatient.csv").read_text(encoding="utf-8") == (
        "code,value,mai\n96361,26,3\n96365,2,3\n"
    )
    assert problems(edits) == []


def test_a_second_time_takes_a_purpose(edits: Path, mue: Path) -> None:
    """A table that is there is written over only when one says so."""
    assert run("2027Q1", "--mue-outpatient", mue, "--into", edits).exit_code == 0
    again = run("2027-01-01", "--mue-outpatient", mue, "--into", edits)
    assert again.exit_code == 2
    assert again.stderr.splitlines() == [
        "20270101 already holds mue_outpatient; replace them on purpose, or not.",
        "nothing was written",
    ]
    assert run("2027Q1", "--mue-outpatient", mue, "--into", edits, "--replace").exit_code == 0


def test_files_of_another_quarter_are_refused_and_nothing_is_written(edits: Path, mue: Path) -> None:
    """Every fault is a line, and the folder is as it was."""
    result = run("2027Q2", "--mue-outpatient", mue, "--into", edits)
    assert result.exit_code == 2
    assert f"{mue.name}: is named for another quarter than 2027-04-01." in result.stderr
    assert result.stderr.splitlines()[-1] == "nothing was written"
    assert result.stdout == ""
    assert sorted(path.name for path in edits.iterdir()) == ["families.toml", "opps_status.toml"]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (("2027Q5",), "a quarter is written 2027Q1, or as its first day, 2027-01-01"),
        (("2027-02-01",), "a quarter is written 2027Q1, or as its first day, 2027-01-01"),
        (("2027Q1",), "no file given; name at least one CMS file."),
        (("2027Q1", "--opps", "nowhere.csv"), "File 'nowhere.csv' does not exist."),
        ((), "Missing argument 'QUARTER'."),
    ],
    ids=["no quarter", "no first day", "no file", "no such file", "nothing"],
)
def test_wrong_usage_is_a_line_and_status_2(typed: tuple[str, ...], says: str) -> None:
    """It says how it is written."""
    result = run(*typed)
    assert result.exit_code == 2
    assert says in result.stderr


def test_a_table_in_parts_takes_its_option_once_a_part(edits: Path, mue: Path, tmp_path: Path) -> None:
    """CMS splits the pair files by first code."""
    part = tmp_path / "second.csv"
    part.write_bytes(MUE.replace("96361,26", "96366,24").replace("96365,2", "96367,4").encode())
    result = run("2027Q1", "--mue-outpatient", mue, "--mue-outpatient", part, "--into", edits)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[0] == "mue_outpatient: 4 rows, 4 came, 0 went, 0 changed"


def test_a_long_list_of_changes_is_cut_with_its_count() -> None:
    """A new table is a thousand rows; ten show what they look like."""
    change = Change("ptp_outpatient", 12, tuple(f"96365 {number}" for number in range(12)), ("96365 x",), ())
    told = list(lines(change))
    assert told[0] == "ptp_outpatient: 12 rows, 12 came, 1 went, 0 changed"
    assert told[-2:] == ["  and 2 more came", "  went 96365 x"]
    assert len(told) == 13


def test_drug_lists_are_taken_in_and_what_moved_is_said(tmp_path: Path) -> None:
    """Counts, the lines, and what of the official file was left out."""
    drugs = drug_lists(tmp_path)
    result = run("2026Q1", "--hcpcs", HCPCS, "--asp-ndc", ASP, "--drugs-into", drugs)
    assert result.exit_code == 0, result.stderr
    told = result.stdout.splitlines()
    assert told[:3] == [
        "hcpcs: 6 rows, 2 came, 5 went, 2 changed",
        "  came J3373 vancomycin 2025-07-01",
        "  came J9256 nipocalimab 2026-01-01",
    ]
    assert "  changed J9019 asparaginase: nothing -> 2025-12-31" in told
    assert "ndc: 8 rows, 7 came, 1 went, 0 changed" in told
    assert "  3 left out: codes that hcpcs.csv does not hold (90371, J0897, J9305)" in told
    assert "  changed 00003218713 J0129: 20 -> 25" in told
    assert "written for dates of service from 2026-01-01" in result.stderr


def test_drug_lists_that_are_wrong_leave_everything_as_it_was(tmp_path: Path) -> None:
    """The line, the column, and status 2."""
    drugs, bad = drug_lists(tmp_path), tmp_path / "crosswalk.csv"
    bad.write_text(ASP.read_text(encoding="latin-1").replace("J9305", "J93"), encoding="latin-1")
    before = tree(drugs)
    result = run("2026Q1", "--hcpcs", HCPCS, "--asp-ndc", bad, "--drugs-into", drugs)
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "crosswalk.csv line 17, field 'HCPCS code': must be a code of five characters.",
        "nothing was written",
    ]
    assert result.stdout == ""
    assert tree(drugs) == before


def test_every_row_is_named_when_asked_for() -> None:
    """Ten rows show what a list looks like; a person who adds the rest needs them all."""
    codes = tuple(f"J{number}" for number in range(1000, 1012))
    change = Change("hcpcs", 12, codes, (), (), (Note("left out: new codes", codes),))
    assert len(list(lines(change, None))) == 14
    assert list(lines(change, None))[-1].endswith("J1010, J1011)")
    assert list(lines(change))[-1] == "  12 left out: new codes (J1000, J1001, J1002 and 9 more)"
