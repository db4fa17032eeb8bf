"""The fee schedule's own files: relative values in stacked headings of two years, localities, and classes."""

from csv import DictReader, writer
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rules.catalogue.indicators import categories, indicator_on
from rules.catalogue.site_check import problems
from rules.claim.office_payment import office_payments
from rules.claim.payment import PricedLine
from rules.data_files import EDITS
from rules.site_folder import read_site, under_site
from rules.tables.edition_files import families
from rules.tables.table_columns import COLUMNS
from streams.cli import main
from streams.cms.fee_schedule_files import PLACES, locality_choice, read_pfs

JULY = date(2026, 7, 1)
HEADS = {
    2026: """
,,,,,,,,,,,,,,,,,,,,,,,,,,,,,NON-FACILITY,FACILITY,
,,,,NOT USED,,,,,,,,,,,,,,,,,,,,,,PHYSICIAN,,DIAGNOSTIC,PE USED,PE USED,MP USED
,,,,FOR,,,NON-FAC,,FACILITY,,,,,,,,,,,,,,,,,SUPERVISION OF,,IMAGING,FOR OPPS,FOR OPPS,FOR OPPS
,,,STATUS,MEDICARE,WORK,NON-FAC,NA,FACILITY,NA,MP,NON-FACILITY,FACILITY,PCTC,GLOB,PRE,INTRA,POST,MULT,BILAT,ASST,CO-,TEAM,PRIC,ENDO,CONV,DIAGNOSTIC,CALCULATION,FAMILY,PAYMENT,PAYMENT,PAYMENT
HCPCS,MOD,DESCRIPTION,CODE,PAYMENT,RVU,PE RVU,INDICATOR,PE RVU,INDICATOR,RVU,TOTAL,TOTAL,IND,DAYS,OP,OP,OP,PROC,SURG,SURG,SURG,SURG,IND,BASE,FACTOR,PROCEDURES,FLAG,INDICATOR,AMOUNT,AMOUNT,AMOUNT
"""
}
"""Words above the columns of the file of July 2026, as CMS stacks them."""

ORDER = (
    "code", "modifier", "", "status", "not_used", "work_rvu", "pe_nonfacility", "nonfacility_na", "pe_facility",
    "facility_na", "mp_rvu", "total_nonfacility", "total_facility", "pctc", "global_days", "", "", "", "multiple",
    "bilateral", "assistant", "co_surgeon", "team", "pric", "", "factor", "supervision", "", "imaging_family", "", "", "",
)  # fmt: skip


def _without_one(head: str) -> str:
    """Return the headings as 2025 had them: without the column that 2026 put in."""
    place = ORDER.index("pric")
    rows = (line.split(",") for line in head.strip().splitlines())
    return "\n".join(",".join(cell for at, cell in enumerate(row) if at != place) for row in rows) + "\n"


HEADS[2025] = _without_one(HEADS[2026])


def shipped(day: str) -> list[dict[str, str]]:
    """Return the rows of an edition that ships."""
    with (EDITS / day / "pfs.csv").open(encoding="utf-8", newline="") as file:
        return list(DictReader(file))


def official(rows: list[dict[str, str]], year: int, release: str = "July") -> str:
    """Return rows in CMS's layout of a year, beside a row of a modifier and one of a code that is not ours."""
    text = StringIO()
    table = writer(text, lineterminator="\r\n")
    table.writerow(["", "", f"{year} National Physician Fee Schedule Relative Value File {release} Release"])
    table.writerow(["", "", "copyright"])
    table.writerow(["", "", f"RELEASED 06/30/{year}"])
    order = [name for name in ORDER if year > 2025 or name != "pric"]
    others = [{**rows[0], "modifier": "26", "work_rvu": "9.99"}, {**rows[0], "code": "99213"}]
    lines = [[row.get(name, "") for name in order] for row in (*others, *rows)]
    body = StringIO()
    writer(body, lineterminator="\r\n").writerows(lines)
    return text.getvalue() + HEADS[year].lstrip("\n") + body.getvalue()


@pytest.mark.parametrize(
    ("day", "year", "release"), [("20260701", 2026, "July"), ("20251001", 2025, "October")]
)
def test_the_file_of_each_year_gives_the_edition_that_ships(day: str, year: int, release: str) -> None:
    """With a column more or less in the middle; a modifier's row is none of ours."""
    rows = shipped(day)
    on = date(year, 7 if release == "July" else 10, 1)
    reading = read_pfs("f.csv", official(rows, year, release).encode("latin-1"), on, families())
    assert reading.faults == []
    assert sorted(reading.rows) == sorted(tuple(row[name] for name in COLUMNS["pfs"]) for row in rows)


def test_the_text_file_of_2025_is_read_and_a_later_one_refused() -> None:
    """By place; where 2026 put its new column nobody saw, so its CSV is asked for."""
    rows = shipped("20251001")

    def line(row: dict[str, str]) -> str:
        letters = [" "] * 200
        for name, (first, last) in PLACES.items():
            letters[first - 1 : last] = f"{row.get(name, ''):{last - first + 1}}"
        return "".join(letters)

    head = "HDR  2025 National Physician Fee Schedule Relative Value File October Release\n"
    text = head + "\n".join(map(line, rows))
    reading = read_pfs("f.txt", text.encode(), date(2025, 10, 1), families())
    assert reading.faults == []
    assert sorted(reading.rows) == sorted(tuple(row[name] for name in COLUMNS["pfs"]) for row in rows)
    later = text.replace("2025", "2026").replace("October", "July")
    assert "give the CSV" in read_pfs("f.txt", later.encode(), JULY, families()).faults[0]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("July Release", "April Release", "is the April 2026 release, not the one of 2026-07-01"),
        ("National Physician", "Local", "does not say which release it is"),
        ("HCPCS,MOD", "HCPCS,X", "no row that begins with HCPCS and MOD"),
        (",CONV,", ",CON,", "no column headed 'CONV FACTOR'; is its layout a new one?"),
        (",0.21,", ",a lot,", "field 'work_rvu': must be a number"),
    ],
)
def test_a_file_that_is_another_is_refused_in_a_line(old: str, new: str, says: str) -> None:
    """Another release, another table, a layout nobody has seen, a cell that is no number."""
    text = official(shipped("20260701"), 2026)
    assert old in text
    reading = read_pfs("f.csv", text.replace(old, new).encode(), JULY, families())
    assert any(says in fault for fault in reading.faults)


GPCI = (
    "ADDENDUM E,,,,,,\n\n"
    "Medicare Administrative Contractor (MAC),State,Locality Number,Locality Name,2026 PW GPCI (with 1.0 Floor),"
    "2026 PE GPCI,2026 MP GPCI\n"
    "01112,CA,05,Elsewhere*,1.100,1.200,0.500\n10112,AL,00,Everywhere,1.000,0.869,0.575\n"
)
RBCS = (
    "HCPCS_Cd,RBCS_ID,RBCS_Cat,RBCS_Cat_Desc,RBCS_Cat_Subcat,RBCS_Subcat_Desc,RBCS_FamNumb,RBCS_Family_Desc,"
    "RBCS_Major_Ind,HCPCS_Cd_Add_Dt,HCPCS_Cd_End_Dt,RBCS_Assignment_Eff_Dt\n"
    "G0498,TC000N,T,Treatment,TC,Chemotherapy,000,No RBCS Family,N,01/01/2016,12/31/9999,01/01/2014\n"
    "G0498,TC001N,T,Treatment,TC,Chemotherapy,001,Chemotherapy Administration,N,01/01/2016,12/31/9999,01/01/2015\n"
    "99213,EV001N,E,Visits,EV,Office,001,Office,N,01/01/2000,12/31/9999,01/01/2014\n"
)


def refreshed(tmp_path: Path, *more: str) -> Result:
    """Return what the verb did with the three files into a site's folder."""
    for name, text in (("pfs", official(shipped("20260701"), 2026)), ("gpci", GPCI), ("rbcs", RBCS)):
        (tmp_path / f"{name}.csv").write_text(text, encoding="latin-1")
    site = tmp_path / "site"
    site.mkdir(exist_ok=True)
    files = [
        word for name in ("pfs", "gpci", "rbcs") for word in (f"--{name}", str(tmp_path / f"{name}.csv"))
    ]
    return CliRunner().invoke(main, ["refresh", "2026Q3", *files, "--site-dir", str(site), *more])


def test_a_quarter_of_the_fee_schedule_is_taken_in_and_pays_an_office_in_its_locality(tmp_path: Path) -> None:
    """The amount is the locality's, the class the latest of the code, and each cites the official file."""
    result = refreshed(tmp_path, "--locality", "01112-05", "--locality", "HILL=10112-0")
    assert result.exit_code == 0, result.stderr
    assert "gpci: 2 rows" in result.stdout
    site = read_site(tmp_path / "site")
    assert problems(site, date(2026, 11, 28)) == []
    line = (PricedLine("96365", date(2026, 8, 3), 1),)
    with under_site(site):
        everywhere, hill = (office_payments(line, name)[0] for name in ("GH", "HILL"))
        row = indicator_on("96365", date(2026, 8, 3))
        (rbcs,) = (one for one in categories("G0498") if one["scheme"] == "rbcs")
    assert everywhere is not None
    assert hill is not None
    assert (everywhere.cents, hill.cents) == (7893, 5887)
    assert row is not None
    assert (row["cite"], row["grade"]) == ("CMS-PFS-2026-07-01", "A")
    assert rbcs["category"] == "TC001N Treatment / Chemotherapy / Chemotherapy Administration"
    assert "written for dates of service from 2026-07-01" in result.stderr


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ((), "say which locality is the site's: --locality CONTRACTOR-NUMBER"),
        (("--locality", "01112-99"), "holds no locality 99 of contractor 01112"),
        (("--locality", "California"), "a locality is written CONTRACTOR-NUMBER"),
    ],
)
def test_a_locality_that_is_not_there_writes_nothing(
    tmp_path: Path, more: tuple[str, ...], says: str
) -> None:
    """In one line."""
    result = refreshed(tmp_path, *more)
    assert result.exit_code == 2
    assert says in result.stderr
    assert not list((tmp_path / "site").glob("edits/2*"))


def test_a_locality_is_written_with_or_without_a_facility() -> None:
    """Its number in two digits."""
    assert locality_choice("GH=01112-5") == ("GH", "01112", "05")
    assert locality_choice("01112-05") == ("", "01112", "05")
