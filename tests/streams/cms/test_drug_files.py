"""Drug lists that cannot be read: one line each with file, line and column, and not a byte written."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from tracemalloc import get_traced_memory, start, stop

import pytest
from drug_lists import ASP, HCPCS, RXNORM, archive, article_export, drug_lists, tree

from streams.cms.drug_refresh import DrugFile
from streams.cms.published_file import LONGEST_LINE
from streams.cms.quarter import take_in
from streams.cms.refusal import RefreshRefusedError
from streams.cms.rxnorm_release import read_release

NEW_YEAR = date(2026, 1, 1)


def refusal(folder: Path, kind: DrugFile, path: Path, on: date = NEW_YEAR) -> tuple[str, ...]:
    """Return the sentences of a refresh that must be refused, after which every byte is as before."""
    drugs = drug_lists(folder)
    before = tree(drugs)
    with pytest.raises(RefreshRefusedError) as refused:
        take_in(on, {}, {kind: path}, drugs=drugs)
    assert tree(drugs) == before
    return refused.value.faults


def changed(folder: Path, source: Path, old: str, new: str) -> Path:
    """Return a copy of a published file with one thing changed."""
    text = source.read_text(encoding="latin-1")
    assert old in text
    path = folder / source.name
    path.write_text(text.replace(old, new, 1), encoding="latin-1")
    return path


HCPCS_SLIPS = {
    "a day of no calendar": ("0202601012026", "0202613012026", "line 13, columns 269-276: must be a day"),
    "a last day in words": (
        "20250630N",
        "someday N",
        "line 6, columns 285-292: must be a day such as 20260331",
    ),
    "a cut off record": (
        f"20030101        N{' ' * 27}\n",
        "\n",
        "line 4: is 276 characters long, a first record is 320",
    ),
    "another line": ("J3301001003", "Injection, ", "line 4: columns 1-11: must be a code, its sequence and"),
    "a description of nothing": (
        "J3471001003",
        "J3470001003",
        "line 9: goes on with J3471, which never began.",
    ),
    "a code twice": ("J3357001003", "J3301001003", "line 5: J3301 begins a second time."),
}


@pytest.mark.parametrize(("old", "new", "says"), HCPCS_SLIPS.values(), ids=HCPCS_SLIPS.keys())
def test_a_list_of_codes_that_cannot_be_read(tmp_path: Path, old: str, new: str, says: str) -> None:
    """The line and the columns of CMS's own record layout."""
    faults = refusal(tmp_path, "hcpcs", changed(tmp_path, HCPCS, old, new))

    assert any(fault.startswith(f"{HCPCS.name} {says}") for fault in faults), faults


ASP_SLIPS = {
    "another quarter": (
        "January 1, 2026 through",
        "April 1, 2026 through",
        "line 2: is the crosswalk of 2026-04-01",
    ),
    "no package": ("55513-0710-01", "", "line 18, field 'NDC2': must be a National Drug Code."),
    "no code": ("J9305", "J93", "line 17, field 'HCPCS code': must be a code of five characters."),
    "a missing column": ("NDC2", "Package", ": no header row with the column 'NDC2'; is it another file"),
    "payment limits": ("BILLUNITS,", "Payment Limit,", ": no header row with the column 'BILLUNITS'"),
    "a row cut short": (
        "J0897,Denosumab injection,Amgen Inc,55513-0710-01,Prolia,1 MG,1,1,60,60,,,,,,",
        "J0897,D",
        "line 18: has 2 cells",
    ),
    "quotes that never close": (
        '"E.R. Squibb & Sons, L.L.C."',
        '"E.R. Squibb',
        "line 12: is not comma separated text",
    ),
}


@pytest.mark.parametrize(("old", "new", "says"), ASP_SLIPS.values(), ids=ASP_SLIPS.keys())
def test_a_crosswalk_that_cannot_be_read(tmp_path: Path, old: str, new: str, says: str) -> None:
    """The line of the file and the column as CMS heads it."""
    (fault,) = refusal(tmp_path, "asp_ndc", changed(tmp_path, ASP, old, new))

    assert fault.startswith(ASP.name)
    assert says in fault


def release(folder: Path, file: str, old: str, new: str) -> Path:
    """Return a release with one thing changed in one of its files."""
    for name, content in tree(RXNORM).items():
        text = content.decode()
        path = folder / RXNORM.name / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(file):
            assert old in text
            text = text.replace(old, new, 1)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return folder / RXNORM.name


RXNORM_SLIPS = {
    "a cut off line": (
        "RXNREL.RRF",
        "|tradename_of|4194510||RXNORM||||N||",
        "|trade",
        "line 6: has 7 fields where RXNREL.RRF has 16",
    ),
    "a row of UMLS": ("RXNCONSO.RRF", "2193|ENG", "C0007561|ENG", "line 7: field 'RXCUI': must be a number"),
    "bytes that are no UTF-8": ("RXNCONSO.RRF", "|Rocephin|", "|Roc\udce9phin|", "line 9: byte "),
    "a binary": ("RXNSAT.RRF", "|NDC|RXNORM|00409", "|NDC|RXNORM|\x0000409", "line 1: byte 45 is no text"),
}


@pytest.mark.parametrize(("file", "old", "new", "says"), RXNORM_SLIPS.values(), ids=RXNORM_SLIPS.keys())
def test_a_release_that_cannot_be_read(tmp_path: Path, file: str, old: str, new: str, says: str) -> None:
    """The file inside the release, the line, and the field or byte."""
    (fault,) = refusal(tmp_path, "rxnorm", release(tmp_path, file, old, new))

    assert fault.startswith(f"{RXNORM.name}/rrf/{file} {says}"), fault


SAD_SLIPS = {
    "a day in words": ("2021-04-01 00:00:00", "long ago", "line 2, field 'eff_date': must be a day such as"),
    "an end in words": ("2025-12-31 00:00:00", "soon", "line 12, field 'end_date': must be a day such as"),
    "no code": ("J3262", "many", "line 4, field 'hcpc_code_id': must be a HCPCS code."),
    "a missing column": ("eff_date", "since", ": no header row with the column 'eff_date'"),
}


@pytest.mark.parametrize(("old", "new", "says"), SAD_SLIPS.values(), ids=SAD_SLIPS.keys())
def test_a_list_of_exclusions_that_cannot_be_read(tmp_path: Path, old: str, new: str, says: str) -> None:
    """The table inside the archive inside the archive."""
    text = tree(RXNORM.parent / "current_article_csv")["article_x_code_table.csv"].decode()
    assert old in text
    export = article_export(tmp_path / "current_article.zip", article_x_code_table=text.replace(old, new, 1))

    (fault,) = refusal(tmp_path, "sad", export, date(2026, 7, 1))

    assert fault.startswith("current_article.zip/current_article_csv.zip/article_x_code_table.csv")
    assert says in fault


Spoilt = Callable[[Path], tuple[DrugFile, Path]]


def _cut_off(folder: Path) -> tuple[DrugFile, Path]:
    whole = archive(folder / "whole.zip", {HCPCS.name: HCPCS.read_bytes()}).read_bytes()
    path = folder / "hcpcs.zip"
    path.write_bytes(whole[: len(whole) // 2])
    return "hcpcs", path


def _damaged(folder: Path) -> tuple[DrugFile, Path]:
    path = archive(folder / "hcpcs.zip", {HCPCS.name: HCPCS.read_bytes()})
    raw = bytearray(path.read_bytes())
    raw[200:260] = b"x" * 60
    path.write_bytes(raw)
    return "hcpcs", path


def _workbook(folder: Path) -> tuple[DrugFile, Path]:
    path = folder / "HCPC2026_JAN_ANWEB.xlsx"
    path.write_bytes(b"PK\x03\x04rest")
    return "hcpcs", path


def _endless(folder: Path) -> tuple[DrugFile, Path]:
    path = folder / "crosswalk.csv"
    with path.open("wb") as file:
        file.truncate(LONGEST_LINE + 2)
    return "asp_ndc", path


def _utf_16(folder: Path) -> tuple[DrugFile, Path]:
    path = folder / "crosswalk.csv"
    path.write_bytes(ASP.read_text(encoding="latin-1").encode("utf-16"))
    return "asp_ndc", path


def _other_quarter(folder: Path) -> tuple[DrugFile, Path]:
    path = folder / "HCPC2026_APR_ANWEB.txt"
    path.write_bytes(HCPCS.read_bytes())
    return "hcpcs", path


def _other_release(folder: Path) -> tuple[DrugFile, Path]:
    path = folder / "RxNorm_full_07062026"
    path.symlink_to(RXNORM)
    return "rxnorm", path


def _no_release(folder: Path) -> tuple[DrugFile, Path]:
    path = archive(folder / "RxNorm_full_01052026.zip", {"readme.txt": b""})
    return "rxnorm", path


def _two_lists(folder: Path) -> tuple[DrugFile, Path]:
    return "hcpcs", archive(folder / "two.zip", {"HCPC2026_A.txt": b"", "HCPC2026_B.txt": b""})


def _no_table(folder: Path) -> tuple[DrugFile, Path]:
    return "sad", archive(folder / "current_lcd.zip", {"lcd.csv": b"", "lcd_x.csv": b""})


def _gone(folder: Path) -> tuple[DrugFile, Path]:
    return "asp_ndc", folder / "gone.csv"


def _empty(folder: Path) -> tuple[DrugFile, Path]:
    path = folder / "HCPC2026_JAN.txt"
    path.write_bytes(b"")
    return "hcpcs", path


def _half(folder: Path) -> tuple[DrugFile, Path]:
    lines = HCPCS.read_bytes().splitlines(keepends=True)
    path = folder / "HCPC2026_JAN.txt"
    path.write_bytes(b"".join(lines[:5]))
    return "hcpcs", path


SPOILT: dict[str, tuple[Spoilt, str]] = {
    "an archive cut off": (
        _cut_off,
        "hcpcs.zip: cannot be unpacked (BadZipFile); it is cut off or damaged, download it again.",
    ),
    "an archive damaged": (
        _damaged,
        f"hcpcs.zip/{HCPCS.name}: cannot be unpacked (error); it is cut off or damaged",
    ),
    "a workbook": (
        _workbook,
        "HCPC2026_JAN_ANWEB.xlsx: is a workbook; save the sheet as CSV and give that file.",
    ),
    "a line without an end": (
        _endless,
        "crosswalk.csv line 1: is longer than 1,048,576 bytes; is it the official file, unpacked?",
    ),
    "UTF-16": (
        _utf_16,
        "crosswalk.csv line 1: byte 4 is no text; save it as CSV in UTF-8 and give that file.",
    ),
    "another quarter's codes": (
        _other_quarter,
        "HCPC2026_APR_ANWEB.txt: is named for the quarter of 2026-04-01, not of 2026-01-01.",
    ),
    "another quarter's release": (
        _other_release,
        "RxNorm_full_07062026: is the release of 2026-07-06, not of the quarter of 2026-01-01.",
    ),
    "no release": (
        _no_release,
        "RxNorm_full_01052026.zip: has no RXNCONSO.RRF; give the release's folder or its archive.",
    ),
    "two lists": (
        _two_lists,
        "two.zip: needs one HCPCS list as text, has HCPC2026_A.txt, HCPC2026_B.txt; give that file itself.",
    ),
    "another export": (
        _no_table,
        "current_lcd.zip: has no article_x_code_table.csv; give CMS's export of current articles.",
    ),
    "no file": (_gone, "gone.csv: cannot be read (No such file or directory)."),
    "an empty file": (_empty, "HCPC2026_JAN.txt: no header row with the column 'HCPC'"),
    "half a file": (_half, "hcpcs: 2 rows where 10 are installed; is it the whole file?"),
}


@pytest.mark.parametrize(("spoilt", "says"), SPOILT.values(), ids=SPOILT.keys())
def test_a_download_that_is_not_what_it_should_be(tmp_path: Path, spoilt: Spoilt, says: str) -> None:
    """One line that says what to do."""
    kind, path = spoilt(tmp_path)
    (fault,) = refusal(tmp_path, kind, path)

    assert fault.startswith(says), fault


def test_many_faults_end_the_reading(tmp_path: Path) -> None:
    """A file of another kind is not told line by line."""
    path = tmp_path / HCPCS.name
    path.write_text(
        HCPCS.read_text(encoding="utf-8").replace("J3301001003", "J3301001004") * 9, encoding="utf-8"
    )

    faults = refusal(tmp_path, "hcpcs", path)

    assert len(faults) == 21
    assert faults[-1] == "and perhaps more; it was read no further."


def test_every_list_that_is_wrong_is_named(tmp_path: Path) -> None:
    """A person mends them all at once."""
    drugs = drug_lists(tmp_path)
    with pytest.raises(RefreshRefusedError) as refused:
        take_in(NEW_YEAR, {}, {"hcpcs": tmp_path / "a.txt", "asp_ndc": tmp_path / "b.csv"}, drugs=drugs)

    assert [fault.partition(":")[0] for fault in refused.value.faults] == ["a.txt", "b.csv"]


def test_memory_is_that_of_rxnorms_own_concepts(tmp_path: Path) -> None:
    """A full release is mostly other vocabularies: of six megabytes of their rows nothing is kept."""
    path = release(tmp_path, "RXNCONSO.RRF", "2193", "2193")
    concepts = path / "rrf" / "RXNCONSO.RRF"
    with concepts.open("a", encoding="utf-8") as file:
        file.writelines(f"{n}|ENG||||||1|1|1||MMSL|BD|1|{'x' * 200}||N||\n" for n in range(25_000))
    start()
    try:
        read = read_release(path, NEW_YEAR)
        _, peak = get_traced_memory()
    finally:
        stop()

    assert read.concepts == read_release(RXNORM, NEW_YEAR).concepts
    assert peak < concepts.stat().st_size / 4
