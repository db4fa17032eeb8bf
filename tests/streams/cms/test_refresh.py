"""CMS's own files in, a dated folder out: each layout, each refusal, and nothing half written."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from shutil import copytree

import pytest

from rules.parameter import NotInForceError
from rules.tables.check import problems
from rules.tables.edition_files import EDITS, editions, families, laid_over, layers, rows
from rules.tables.table_columns import Table
from streams.cms.files import read
from streams.cms.refresh import quarter_start, read_tables, refresh
from streams.cms.refusal import RefreshRefusedError

NEW_YEAR = date(2027, 1, 1)

PREAMBLE = '"Copyright line, which speaks of CPT codes,\r\nfigures and terms. Restrictions apply.",,,\r\n'
MUE_OUTPATIENT = (
    f'{PREAMBLE}"HCPCS/\r\nCPT Code",Outpatient Hospital Services MUE Values,'
    "MUE Adjudication Indicator,MUE Rationale\r\n"
    "0001U,1,2 Date of Service Edit: Policy,Code Descriptor / CPT Instruction\r\n"
    "96361,26,3 Date of Service Edit: Clinical,Clinical: Data\r\n"
    "96365,2,3 Date of Service Edit: Clinical,Clinical: Data\r\n"
)
MUE_PRACTITIONER = MUE_OUTPATIENT.replace("Outpatient Hospital", "Practitioner").replace(
    "96361,26", "96361,8"
)
PTP = (
    "CPT only copyright 2026. All rights reserved.\t\t\t\t\t\t\r\n"
    "Column1/Column2 Edits\t\t\t\t\t\t\r\n"
    "Column 1\tColumn 2\t* = In existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\r\n"
    "\t\tprior to 1996\tDate\tDate\t0=not allowed\t\r\n"
    "\t\t\t\t*=no data\t1=allowed\t\r\n"
    "\t\t\t\t\t9=not applicable\t\r\n"
    "96413\t96365\t\t20060101\t*\t1\tStandards\r\n"
    "96413\t96374\t\t20060101\t20261231\t1\tended the day before\r\n"
    "96413\t96360\t\t20060101\t20270331\t1\tends with the quarter\r\n"
    "96413\t96372\t\t20270401\t*\t1\tnot yet\r\n"
    "96413\t96409\t\t20060101\t20060101\t9\tnever held\r\n"
    "96365\t96523\t*\t19950101\t*\t0\tolder than the table\r\n"
    "80053\t80048\t\t20000701\t*\t0\tnot ours\r\n"
)
ADD_ON = (
    "Copyright line,,,,,,,\r\n"
    "AOC_Edit_Type,Add-On_Code,AOC_DelDT,Primary_Code,Primary_Code_DelDT,AOC_Edit_EffDT,AOC_Edit_DelDT,"
    "Special_Instruction_Notes\r\n"
    "1,96366,,96365,,2013091,,\r\n"
    "1,96366,,96413,,2013091,2026365,\r\n"
    "1,96366,,96367,,2013091,,\r\n"
    "1,33924,,33471,,2013091,,\r\n"
    '2,96548,,CCCCC,,2013091,,"Contractor defined"\r\n'
)
OPPS = (
    "Addendum B.-OPPS Payment by HCPCS Code,,,,,,\r\n"
    "HCPCS Code,Short Descriptor,SI,APC,Relative Weight,Payment Rate,National Unadjusted Copayment\r\n"
    '96365,Not to be kept,S ,5693,2.4,"$1,219.40",.\r\n'
    "96368,Not to be kept,N,,,,\r\n"
    "99284,Not to be kept,J2,5024,5.2,$430.00,.\r\n"
)
GOOD: Mapping[Table, str] = {
    "mue_outpatient": MUE_OUTPATIENT,
    "mue_practitioner": MUE_PRACTITIONER,
    "ptp_outpatient": PTP,
    "ptp_practitioner": PTP,
    "add_on": ADD_ON,
    "opps": OPPS,
}


@pytest.fixture
def edits(tmp_path: Path) -> Path:
    """Return a folder of editions with no table in it yet, so that short files are not half of anything."""
    folder = tmp_path / "edits"
    folder.mkdir()
    for name in ("families.toml", "opps_status.toml"):
        (folder / name).write_bytes((EDITS / name).read_bytes())
    return folder


def saved(folder: Path, texts: Mapping[Table, str]) -> dict[Table, Sequence[Path]]:
    """Write each text as a downloaded file and return what the command line would hand over."""
    files: dict[Table, Sequence[Path]] = {}
    for table, text in texts.items():
        path = folder / f"{table}.csv"
        path.write_text(text, encoding="latin-1", newline="")
        files[table] = [path]
    return files


def standing(edits: Path, table: Table, on: date) -> list[tuple[str, ...]]:
    """Return the rows of a table in force on a date."""
    return [row for row, _ in laid_over(layers(table, on, editions(edits)[table])).values()]


def refusal(on: date, files: Mapping[Table, Sequence[Path]], edits: Path) -> tuple[str, ...]:
    """Return the sentences of a refresh that must be refused."""
    with pytest.raises(RefreshRefusedError) as refused:
        refresh(on, files, edits)
    return refused.value.faults


@pytest.mark.parametrize(
    "text", ["2027Q1", "2027-q1", "2027-01-01"], ids=["year and quarter", "with a dash", "day"]
)
def test_a_quarter_is_its_first_day(text: str) -> None:
    """Three ways to write one quarter."""
    assert quarter_start(text) == NEW_YEAR


@pytest.mark.parametrize("text", ["2027", "2027Q5", "2027-02-01", "2027-01-02", "soon"])
def test_what_is_no_quarter_is_refused_with_how_to_write_one(text: str) -> None:
    """A month in the middle of a quarter is none."""
    with pytest.raises(ValueError, match="written 2027Q1"):
        quarter_start(text)


def test_official_files_become_one_dated_folder(tmp_path: Path, edits: Path) -> None:
    """Every layout at once: rows of our families, in force on the first day, with their sources; all in order."""
    refresh(NEW_YEAR, saved(tmp_path, GOOD), edits)

    assert standing(edits, "mue_outpatient", NEW_YEAR) == [("96361", "26", "3"), ("96365", "2", "3")]
    assert standing(edits, "mue_practitioner", NEW_YEAR)[0] == ("96361", "8", "3")
    assert standing(edits, "ptp_outpatient", NEW_YEAR) == [
        ("96365", "96523", "0"),
        ("96413", "96360", "1"),
        ("96413", "96365", "1"),
    ]
    assert standing(edits, "add_on", NEW_YEAR) == [("96366", "96365"), ("96366", "96367")]
    assert standing(edits, "opps", NEW_YEAR) == [("96365", "S", "5693", "121940"), ("96368", "N", "", "")]
    assert problems(edits) == []


def test_no_descriptor_is_ever_written(tmp_path: Path, edits: Path) -> None:
    """The words of the AMA stay in the files they came in."""
    refresh(NEW_YEAR, saved(tmp_path, GOOD), edits)
    written = "".join(path.read_text(encoding="utf-8") for path in (edits / "20270101").iterdir())

    assert "Not to be kept" not in written
    assert "Clinical" not in written
    assert "Copyright" not in written


def test_the_new_edition_cites_the_official_file_by_name_alone(tmp_path: Path, edits: Path) -> None:
    """The source is the CMS file, grade A; where it lay on somebody's machine is nobody's business."""
    refresh(NEW_YEAR, saved(tmp_path, {"opps": OPPS}), edits)
    text = (edits / "20270101" / "sources.toml").read_text(encoding="utf-8")

    assert "[CMS-OPPS-2027-01-01]" in text
    assert 'found = "the official file, opps.csv"' in text
    assert str(tmp_path) not in text


def test_a_whole_edition_ends_the_one_before(tmp_path: Path, edits: Path) -> None:
    """A code CMS takes out of its table has no limit any more."""
    refresh(date(2026, 10, 1), saved(tmp_path, {"mue_outpatient": MUE_OUTPATIENT}), edits)
    refresh(
        NEW_YEAR,
        saved(tmp_path, {"mue_outpatient": MUE_OUTPATIENT.replace("96361,26", "99999,26")}),
        edits,
    )

    assert len(standing(edits, "mue_outpatient", date(2026, 12, 31))) == 2
    assert standing(edits, "mue_outpatient", NEW_YEAR) == [("96365", "2", "3")]


def test_what_moved_is_told_row_by_row(tmp_path: Path, edits: Path) -> None:
    """A changed limit, a new one and one that went."""
    refresh(date(2026, 10, 1), saved(tmp_path, {"mue_outpatient": MUE_OUTPATIENT}), edits)
    moved = MUE_OUTPATIENT.replace("96361,26", "96361,24").replace("96365,2", "96413,1")

    (change,) = refresh(NEW_YEAR, saved(tmp_path, {"mue_outpatient": moved}), edits)

    assert change.rows == 2
    assert change.came == ("96413 1 3",)
    assert change.went == ("96365 2 3",)
    assert change.moved == ("96361: 26 3 -> 24 3",)


def test_tables_add_up_to_the_folder_of_a_date(tmp_path: Path) -> None:
    """The practitioner's table joins a date that so far held the hospital's; what was there stays."""
    edits = tmp_path / "edits"
    copytree(EDITS, edits)
    october = date(2026, 10, 1)
    more = "".join(f"96{number},2,3 Date of Service Edit: Clinical,x\r\n" for number in range(366, 420))

    refresh(october, saved(tmp_path, {"mue_practitioner": MUE_PRACTITIONER + more}), edits)

    in_folder = {
        table for table, found in editions(edits).items() for one in found if one.effective == october
    }
    assert in_folder == {"mue_practitioner", "mue_outpatient", "ptp_outpatient"}
    assert [row for _, row in rows(editions(edits)["mue_outpatient"][-1])] == [
        row for _, row in rows(editions()["mue_outpatient"][-1])
    ]


def test_a_table_already_there_is_replaced_only_on_purpose(tmp_path: Path, edits: Path) -> None:
    """The second file of one quarter is refused until somebody says replace."""
    files = saved(tmp_path, {"mue_outpatient": MUE_OUTPATIENT})
    refresh(NEW_YEAR, files, edits)

    assert "already holds mue_outpatient" in refusal(NEW_YEAR, files, edits)[0]
    mended = saved(tmp_path, {"mue_outpatient": MUE_OUTPATIENT.replace("96361,26", "96361,8")})
    refresh(NEW_YEAR, mended, edits, replace=True)
    assert standing(edits, "mue_outpatient", NEW_YEAR)[0] == ("96361", "8", "3")


BAD: dict[str, tuple[Table, str, str, str]] = {
    "a limit in words": (
        "mue_outpatient",
        "96361,26",
        "96361,many",
        "line 6, field 'Outpatient Hospital Services",
    ),
    "an unknown adjudication": (
        "mue_outpatient",
        "26,3 Date",
        "26,7 Date",
        "field 'MUE Adjudication Indicator'",
    ),
    "the other setting's limits": (
        "mue_outpatient",
        "Outpatient Hospital",
        "Practitioner",
        "another setting's?",
    ),
    "no header": ("ptp_outpatient", "Column 1\t", "Column A\t", "no header row with the column 'Column 1'"),
    "an unknown indicator": (
        "ptp_outpatient",
        "*\t1\tStandards",
        "*\t5\tStandards",
        "line 7, field 'Modifier'",
    ),
    "a date of no calendar": ("ptp_outpatient", "20060101\t*\t1", "20060199\t*\t1", "field 'Effective Date'"),
    "a deletion in words": ("ptp_outpatient", "20261231", "soon", "field 'Deletion Date'"),
    "an unknown add-on type": ("add_on", "1,96366,,96365", "9,96366,,96365", "field 'AOC_Edit_Type'"),
    "an add-on without primary": ("add_on", "96366,,96365", "96366,,", "field 'Primary_Code'"),
    "a day past the year's end": ("add_on", "96365,,2013091", "96365,,2013400", "field 'AOC_Edit_EffDT'"),
    "a fraction of a cent": ("opps", "1,219.40", "1,219.405", "field 'Payment Rate'"),
    "a rate in words": ("opps", "$1,219.40", "much", "field 'Payment Rate'"),
    "no status": ("opps", "S ,5693", ",5693", "field 'SI'"),
    "a status without a meaning": ("opps", "S ,5693", "ZZ,5693", "not in opps_status.toml"),
    "none of our codes": ("mue_outpatient", "\r\n963", "\r\n113", "no row of our families"),
    "nothing at all": ("opps", OPPS, "", "no header row"),
}
"""One slip each: the table, what stood in its file, what stands there now, what is said of it."""


@pytest.mark.parametrize(("table", "before", "after", "says"), BAD.values(), ids=BAD.keys())
def test_a_file_that_cannot_be_read_changes_nothing(
    tmp_path: Path, edits: Path, table: Table, before: str, after: str, says: str
) -> None:
    """The file, the line and the field are named; not a byte is left behind."""
    text = GOOD[table]
    assert before in text

    faults = refusal(NEW_YEAR, saved(tmp_path, {table: text.replace(before, after)}), edits)

    assert any(says in fault for fault in faults)
    assert sorted(path.name for path in edits.iterdir()) == ["families.toml", "opps_status.toml"]


def test_one_bad_file_of_several_stops_them_all(tmp_path: Path, edits: Path) -> None:
    """A quarter is whole or it is not written."""
    texts: dict[Table, str] = {"mue_outpatient": MUE_OUTPATIENT, "opps": OPPS.replace("S ,5693", ",5693")}

    assert len(refusal(NEW_YEAR, saved(tmp_path, texts), edits)) == 1
    assert not (edits / "20270101").exists()


def test_a_result_that_does_not_hold_is_taken_back(tmp_path: Path, edits: Path) -> None:
    """Two files that are each readable and together put a pair in both orders."""
    refresh(NEW_YEAR, saved(tmp_path, {"ptp_outpatient": PTP, "opps": OPPS}), edits)
    before = {path.name: path.read_bytes() for path in (edits / "20270101").iterdir()}
    second = tmp_path / "second.txt"
    second.write_text(PTP.replace("96413\t96365", "96365\t96413"), encoding="utf-8")
    first = saved(tmp_path, {"ptp_outpatient": PTP})["ptp_outpatient"]

    with pytest.raises(RefreshRefusedError, match="stand in both orders"):
        refresh(NEW_YEAR, {"ptp_outpatient": [*first, second]}, edits, replace=True)

    assert {path.name: path.read_bytes() for path in (edits / "20270101").iterdir()} == before
    assert sorted(path.name for path in edits.iterdir() if path.is_dir()) == ["20270101"]


def test_the_parts_of_one_table_are_read_together(tmp_path: Path, edits: Path) -> None:
    """CMS splits its pairs over several files; a pair in two of them must say the same."""
    one, two = tmp_path / "ccioph-v330r0-f1.txt", tmp_path / "ccioph-v330r0-f2.txt"
    one.write_text(PTP, encoding="utf-8")
    two.write_text(PTP.replace("96413\t96365", "96409\t96365"), encoding="utf-8")

    assert len(read_tables(NEW_YEAR, {"ptp_outpatient": [one, two]}, edits)["ptp_outpatient"]) == 4
    two.write_text(PTP.replace("*\t1\tStandards", "*\t0\tStandards"), encoding="utf-8")
    assert "in force twice" in refusal(NEW_YEAR, {"ptp_outpatient": [one, two]}, edits)[0]


def test_a_part_that_is_missing_is_noticed(tmp_path: Path) -> None:
    """Three pairs where hundreds are in force: somebody forgot a file."""
    edits = tmp_path / "edits"
    copytree(EDITS, edits)

    faults = refusal(NEW_YEAR, saved(tmp_path, {"ptp_outpatient": PTP}), edits)

    assert faults == ("ptp_outpatient: 3 rows where 816 are in force; is every file there?",)


def test_a_file_named_for_another_setting_or_quarter_is_refused(tmp_path: Path, edits: Path) -> None:
    """CMS's own names say what the inside of a pair file does not."""
    other, old = (
        tmp_path / "ccipra-v330r0-f1.txt",
        tmp_path / "MCR_MUE_OutpatientHospitalServices_Eff_10-01-2026.csv",
    )
    other.write_text(PTP, encoding="utf-8")
    old.write_text(MUE_OUTPATIENT, encoding="utf-8")

    assert refusal(NEW_YEAR, {"ptp_outpatient": [other], "mue_outpatient": [old]}, edits) == (
        f"{other.name}: is CMS's name for the other setting's pairs; give it to the other option.",
        f"{old.name}: is named for another quarter than 2027-01-01.",
    )


def test_a_workbook_is_refused_with_what_to_do(edits: Path, tmp_path: Path) -> None:
    """The XLSX beside the CSV in CMS's archive."""
    path = tmp_path / "table.xlsx"
    path.write_bytes(b"PK\x03\x04rest")

    assert "save the sheet as CSV" in refusal(NEW_YEAR, {"opps": [path]}, edits)[0]


def test_a_file_that_is_not_there_is_named_without_its_path(edits: Path, tmp_path: Path) -> None:
    """And no file at all is no refresh."""
    faults = refusal(NEW_YEAR, {"opps": [tmp_path / "gone.csv"]}, edits)

    assert faults[0] == "gone.csv: cannot be read (No such file or directory)."
    assert refusal(NEW_YEAR, {}, edits) == ("no file given; name at least one CMS file.",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_every_encoding_cms_uses_is_read(encoding: str) -> None:
    """A byte order mark before the first header, an accent in the copyright line."""
    text = OPPS.replace("Addendum B.-", "Addendum B\xa0\xe9 ")

    found = read("opps", "b.csv", text.encode(encoding), NEW_YEAR, families())

    assert found.faults == []
    assert len(found.rows) == 2


def test_a_header_in_the_first_line_needs_no_preamble() -> None:
    """A byte order mark does not hide the first column."""
    text = OPPS.split("\r\n", 1)[1]

    assert read("opps", "b.csv", text.encode("utf-8-sig"), NEW_YEAR, families()).faults == []


def test_a_refresh_killed_between_its_renames_loses_nothing(tmp_path: Path, edits: Path) -> None:
    """What was set aside is put back before the next attempt."""
    refresh(NEW_YEAR, saved(tmp_path, {"opps": OPPS}), edits)
    (edits / "20270101").rename(edits / ".20270101.old")

    refresh(NEW_YEAR, saved(tmp_path, {"add_on": ADD_ON}), edits)

    assert standing(edits, "opps", NEW_YEAR)
    assert not (edits / ".20270101.old").exists()


def test_a_file_takes_the_place_of_the_table_that_was_awaited(tmp_path: Path, edits: Path) -> None:
    """The year was prepared; what moved is told against the last day of the year before."""
    (edits / "20270101").mkdir()
    (edits / "20270101" / "edition.toml").write_text(
        'effective = 2027-01-01\n[opps]\ncite = "OPPS26"\ncovers = "awaited"\nnote = "fetch it"\n'
        '[mue_outpatient]\ncite = "OPPS26"\ncovers = "awaited"\nnote = "fetch it too"\n',
        encoding="utf-8",
    )
    refresh(date(2026, 10, 1), saved(tmp_path, {"opps": OPPS.replace("1,219.40", "1,200.00")}), edits)
    with pytest.raises(NotInForceError):
        standing(edits, "opps", NEW_YEAR)

    (change,) = refresh(NEW_YEAR, saved(tmp_path, {"opps": OPPS}), edits)

    assert change.moved == ("96365: S 5693 120000 -> S 5693 121940",)
    assert standing(edits, "opps", NEW_YEAR)
    with pytest.raises(NotInForceError, match="fetch it too"):
        standing(edits, "mue_outpatient", NEW_YEAR)
