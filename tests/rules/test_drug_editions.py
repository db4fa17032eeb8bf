"""Dated editions of the drug lists: what lies over what, and what is wrong with one, in a sentence."""

from datetime import date
from pathlib import Path
from shutil import copytree

import pytest

from rules.data_files import DRUGS
from rules.formulary import exclusion_list, products
from rules.formulary.check import problems
from rules.formulary.crosswalks import RxNormConcept
from rules.formulary.drug_editions import DrugListError, editions, laid_over, rows
from rules.formulary.exclusion_list import Exclusion, excluded
from rules.formulary.products import catalogue

ON = date(2026, 3, 2)

FILES = {
    "edition.toml": (
        "effective = 2027-01-01\n"
        + "".join(
            f'[{table}]\ncite = "RXNORM-2027"\nreleased = 2027-01-04\n'
            for table in (
                "hcpcs",
                "ndc",
                "package_units",
                "opps_drugs",
                "rxnorm",
                "ndc_rxnorm",
                "self_administered",
            )
        )
    ),
    "sources.toml": '[RXNORM-2027]\ntitle = "A release"\ngrade = "A"\n',
    "hcpcs.csv": "code,product,from,until\nJ0696,ceftriaxone,,2026-12-31\nJ9998,ceftriaxone,2027-01-01,\n",
    "ndc.csv": "ndc,hcpcs\n00003218713,J9998\n",
    "package_units.csv": "ndc,hcpcs,units\n00003218713,J0129,26\n",
    "opps_drugs.csv": "code,status,rate\nJ0696,K,1.250\n",
    "rxnorm.csv": "rxcui,tty,ingredient,product,cite\n309090,SCD,2193,,RXNORM-2027\n",
    "ndc_rxnorm.csv": "ndc,rxcui\n00409733201,309090\n00409733202,2193\n",
    "self_administered.csv": (
        "ingredient,hcpcs,routes,listed_by,from,until,cite,as_of\n"
        "ceftriaxone,J0696,SC,Noridian,2027-01-01,,RXNORM-2027,2027-01-04\n"
    ),
}


@pytest.fixture
def drugs(tmp_path: Path) -> Path:
    """Return the shipped lists with one dated edition of each over them."""
    folder = copytree(DRUGS, tmp_path / "drugs")
    dated = folder / "20270101"
    dated.mkdir()
    for name, text in FILES.items():
        (dated / name).write_text(text, encoding="utf-8")
    return folder


def test_a_later_edition_lies_over_the_earlier_code_by_code(drugs: Path) -> None:
    """Its rows stand for its codes, all others stay."""
    codes = laid_over("hcpcs", "code", drugs)

    assert [row["until"] for row in codes["J0696"]] == ["2026-12-31"]
    assert codes["J9998"][0]["product"] == "ceftriaxone"
    assert codes["J0129"][0]["product"] == "abatacept"
    assert laid_over("ndc", "ndc", drugs)["00003218811"][0]["hcpcs"] == "J0129"


def test_a_catalogue_knows_the_codes_of_its_editions(drugs: Path) -> None:
    """A code that came with a refresh means its product."""
    assert [one.key for one in catalogue(ON, drugs).coded("hcpcs", "J9998")] == ["ceftriaxone"]
    assert catalogue(ON).coded("hcpcs", "J9998") == ()


def test_editions_that_are_in_order_are_no_problem(drugs: Path) -> None:
    """The check reads them with the sources beside them."""
    assert problems(drugs) == problems(DRUGS)
    assert exclusion_list.problems(drugs) == exclusion_list.problems()


def test_the_shipped_editions_say_which_release_they_are() -> None:
    """So that nothing older is laid over them."""
    shipped = editions()

    assert shipped["hcpcs"][0].released == date(2026, 1, 1)
    assert shipped["ndc_rxnorm"] == ()
    assert sum(1 for _ in rows(shipped["ndc"][0])) == 2644


def test_a_package_cms_does_not_list_is_its_concept(monkeypatch: pytest.MonkeyPatch) -> None:
    """RxNorm says what it is; the code it is billed with, where there is one, still decides."""
    monkeypatch.setattr(
        products, "ndc_concepts", lambda: {"00409733201": "1665021", "00003218713": "1665021"}
    )
    monkeypatch.setattr(
        products, "rxnorm_concepts", lambda: {"1665021": RxNormConcept("1665021", "SCD", "2193", "")}
    )
    known = catalogue(ON)

    assert [one.key for one in known.coded("ndc", "0409-7332-01")] == ["ceftriaxone"]
    assert [one.key for one in known.coded("ndc", "00003-2187-13")] == ["abatacept"]


def test_a_list_taken_in_stands_from_its_first_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it the shipped list is asked, on and after it the other alone."""
    first = date(2041, 1, 2)
    row = Exclusion("ceftriaxone", "", frozenset({"SC"}), "Noridian", first, None, "SAD-DEF", first)
    monkeypatch.setattr(exclusion_list, "lists", lambda: ((first, (row,)),))

    assert excluded("ceftriaxone", "X1", "SC", first) is row
    assert excluded("abatacept", "X1", "SC", first) is None
    assert excluded("abatacept", "X1", "SC", date(2041, 1, 1)) is not None


BROKEN = {
    "edition.toml": [
        ("2027-01-01", "2027-04-01", "20270101/edition.toml: effective must be the folder's own date"),
        ("[ndc]", "[nbc]", "20270101/edition.toml: no list is called nbc; lists are hcpcs, ndc"),
        (
            "released = 2027-01-04",
            "released = 4",
            "20270101/edition.toml [hcpcs]: write cite, and released as a date",
        ),
        ("[hcpcs]", "[hcpcs", "20270101/edition.toml: cannot be read as TOML"),
        ('"RXNORM-2027"', '"NOBODY"', "20270101/hcpcs.csv: cites NOBODY, which no sources.toml holds."),
    ],
    "hcpcs.csv": [
        (
            "J9998,ceftriaxone",
            "J9998,rocefin",
            "20270101/hcpcs.csv line 3: 'rocefin' is not in products.csv.",
        ),
        (
            "J9998,ceftriaxone,2027-01-01,",
            "J0696,ceftriaxone,,",
            "20270101/hcpcs.csv line 3: J0696 overlaps line 2",
        ),
        ("code,product", "product,code", "20270101/hcpcs.csv: the header must be code,product,from,until."),
        (",2026-12-31", "", "20270101/hcpcs.csv line 2: a row has 4 cells."),
    ],
    "ndc.csv": [("J9998", "J9999X", "20270101/ndc.csv: 00003218713 is billed with 'J9999X'")],
    "rxnorm.csv": [("SCD,2193", "SCD,99", "20270101/rxnorm.csv: 309090: ingredient '99' is no rxcui")],
    "ndc_rxnorm.csv": [
        ("01,309090", "01,309", "20270101/ndc_rxnorm.csv: 00409733201 is concept '309', which rxnorm.csv"),
        ("00409733201", "0409-7332-01", "20270101/ndc_rxnorm.csv: '0409-7332-01' is not eleven digits"),
    ],
    "self_administered.csv": [
        (",SC,", ",PO,", "20270101/self_administered.csv: ceftriaxone: routes are SC and IM"),
        ("2027-01-01", "soon", "20270101/self_administered.csv line 2: from, until and as_of must be dates"),
        (",RXNORM-2027,", ",NOBODY,", "20270101/self_administered.csv: ceftriaxone: cites NOBODY"),
    ],
}
SLIPS = [(file, *slip) for file, slips in BROKEN.items() for slip in slips]


@pytest.mark.parametrize(("file", "old", "new", "says"), SLIPS, ids=[says for *_, says in SLIPS])
def test_what_is_wrong_with_an_edition_is_a_sentence(
    drugs: Path, file: str, old: str, new: str, says: str
) -> None:
    """The folder and file, the line, what would be right."""
    path = drugs / "20270101" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = [
        *problems(drugs),
        *(one.removeprefix("parameters/drugs/") for one in exclusion_list.problems(drugs)),
    ]

    assert any(one.startswith(says) for one in found), found


def test_an_edition_without_its_file_is_a_problem(drugs: Path) -> None:
    """Named in edition.toml, and gone."""
    (drugs / "20270101" / "ndc.csv").unlink()

    assert any(one.startswith("20270101/ndc.csv: cannot be read") for one in problems(drugs))


def test_a_folder_that_is_no_day_is_refused(drugs: Path) -> None:
    """The name is the first date of service."""
    (drugs / "20270101").rename(drugs / "20271301")

    with pytest.raises(DrugListError, match="20271301: a dated folder is named for its first day"):
        editions(drugs)
