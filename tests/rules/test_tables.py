"""The claim edits: by setting, by date, edition over edition; and that they agree with what was read."""

import pickle
from collections.abc import Callable
from csv import DictReader
from datetime import date
from decimal import Decimal
from os import environ
from pathlib import Path
from shutil import copytree

import pytest

from models.field import Setting
from rules.catalogue.code_facts import code_facts
from rules.data_files import EDITS
from rules.parameter import NotInForceError
from rules.tables.check import problems as problems_under
from rules.tables.edition_files import AwaitedError, expand, families, looks_like_a_code
from rules.tables.lookup import Mue, OppsRate, addon_primaries, editions, mue, opps, problems, ptp

SLIPS = {
    "a negative limit": ("20240701/mue_outpatient.csv", "96361,24,3", "96361,-1,3", "whole number"),
    "an unknown adjudication indicator": (
        "20240701/mue_outpatient.csv",
        "96361,24,3",
        "96361,24,4",
        "mai must be 1, 2 or 3",
    ),
    "a limit of a code not ours": ("20240701/mue_outpatient.csv", "96361,24,3", "11900,24,3", "in no family"),
    "a code twice": ("20240701/mue_outpatient.csv", "96361,24,3", "96360,2,3", "repeats line"),
    "a field too few": ("20240701/mue_outpatient.csv", "96361,24,3", "96361,24", "a row has 3 fields"),
    "another header": (
        "20240701/mue_outpatient.csv",
        "code,value,mai",
        "code,units,mai",
        "the header must be code,value,mai",
    ),
    "a pair that never held": (
        "20240701/ptp_outpatient.csv",
        "96413,96365,1",
        "96413,96365,9",
        "modifier must be 0 or 1",
    ),
    "a code paired with itself": (
        "20240701/ptp_outpatient.csv",
        "96413,96365,1",
        "96413,96413,1",
        "paired with itself",
    ),
    "a pair in both orders across editions": (
        "20261001/ptp_outpatient.csv",
        "96380,96381,0",
        "96365,96413,1",
        "stand in both orders",
    ),
    "an add-on to itself": ("20240603/add_on.csv", "96423,96422", "96423,96423", "added to itself"),
    "a primary the contractor defines": (
        "20240603/add_on.csv",
        "96423,96422",
        "96423,CCCCC",
        "not shaped as a code",
    ),
    "a primary of no known source": (
        "20060101/add_on_cpt.csv",
        "96423,96422,K",
        "96423,96422,NOBODY",
        "cites 'NOBODY'",
    ),
    "a paid status without a rate": (
        "20260101/opps.csv",
        "96365,S,5693,21731",
        "96365,S,5693,",
        "needs an APC and a rate",
    ),
    "a status without a meaning": (
        "20260101/opps.csv",
        "96365,S,5693,21731",
        "96365,ZZ,5693,21731",
        "not in opps_status.toml",
    ),
    "a rate in dollars": ("20260101/opps.csv", "96365,S,5693,21731", "96365,S,5693,217.31", "whole US cents"),
    "a date that is not the folder's": (
        "20261001/edition.toml",
        "2026-10-01\n",
        "2026-10-02\n",
        "effective must be the folder's own date",
    ),
    "a source nobody declared": (
        "20261001/edition.toml",
        "MUE-2026-10-01",
        "MUE-NOWHERE",
        "no sources.toml declares",
    ),
    "a table nobody knows": (
        "20261001/edition.toml",
        "[mue_outpatient]",
        "[mue_inpatient]",
        "no table is called mue_inpatient",
    ),
    "a coverage nobody knows": (
        "20261001/edition.toml",
        '"read"',
        '"some"',
        'covers as "all", "read" or "awaited"',
    ),
    "a packaging nobody knows": ("opps_status.toml", '"packaged"', '"bundled"', "packaging must be one of"),
}
"""One wrong cell each: the file, what stood there, what stands there now, what is said of it."""


def limit(code: str, setting: Setting, on: date) -> Mue:
    """Return a limit that must be on record."""
    found = mue(code, setting, on)
    assert found is not None
    return found


def rate(code: str, on: date) -> OppsRate:
    """Return a rate that must be on record."""
    found = opps(code, on)
    assert found is not None
    return found


SUMMER_2024 = date(2024, 7, 1)
SEPTEMBER_2026 = date(2026, 9, 30)
OCTOBER_2026 = date(2026, 10, 1)

SETTINGS: dict[str, Setting] = {"practitioner": "office", "outpatient_hospital": "facility"}

CMS = Path(environ.get("INFUSION_SHARED", Path(__file__).parents[3] / "shared")) / "reference" / "cms"
with_reference = pytest.mark.skipif(
    not CMS.exists(), reason="set INFUSION_SHARED to the folder with reference/cms"
)


def reference(name: str) -> list[dict[str, str]]:
    """Return the rows of a reference table."""
    with (CMS / name).open(encoding="utf-8", newline="") as file:
        return list(DictReader(file))


def test_a_unit_limit_depends_on_the_setting() -> None:
    """96361: 24 in a hospital, 8 in an office, and a professional in a facility is under the office's table."""
    assert limit("96361", "facility", SUMMER_2024).value == 24
    assert limit("96361", "office", SUMMER_2024).value == 8
    assert limit("96361", "professional_in_facility", SUMMER_2024).value == 8


def test_a_zero_limit_is_a_value_not_a_blank() -> None:
    """96376 is not payable to a practitioner at all."""
    assert limit("96376", "office", SUMMER_2024).value == 0
    assert limit("96376", "facility", SUMMER_2024).value == 10


def test_a_value_not_read_in_a_later_edition_continues_from_the_earlier() -> None:
    """G0498 was not read in October 2026; its value of July 2024 stands and says so."""
    continued = limit("G0498", "facility", OCTOBER_2026)

    assert (continued.value, continued.mai, continued.effective) == (1, 2, SUMMER_2024)
    assert limit("96361", "facility", OCTOBER_2026).effective == OCTOBER_2026
    assert limit("96361", "facility", SEPTEMBER_2026).effective == SUMMER_2024


def test_a_code_nobody_read_has_no_limit_on_record() -> None:
    """None says that no value is known, not that there is none."""
    assert mue("96380", "facility", SUMMER_2024) is None
    assert limit("96380", "facility", OCTOBER_2026).value == 1


@pytest.mark.parametrize(
    "ask",
    [
        lambda on: mue("96361", "facility", on),
        lambda on: ptp("office", on),
        lambda on: opps("96365", on),
        lambda on: addon_primaries("cms_aoc_file", on),
    ],
    ids=["unit limits", "pairs", "rates", "primaries"],
)
def test_before_the_first_edition_a_table_refuses(ask: Callable[[date], object]) -> None:
    """No edition, no answer: the encounter is held, not guessed."""
    with pytest.raises(NotInForceError, match=r"Add an earlier edition .* or hold encounters before 20"):
        ask(date(2023, 6, 1))


def test_pairs_differ_by_setting() -> None:
    """The ED visit is column 1 over the infusion in an office; a hospital has no such pair."""
    assert ptp("office", SUMMER_2024)["99284", "96365"] == 1
    assert ("99284", "96365") not in ptp("facility", SUMMER_2024)
    assert ptp("office", SUMMER_2024)["96365", "36591"] == 0


def test_the_chemotherapy_infusion_bundles_the_other_initials() -> None:
    """96413 over 96365, 96374, 96360, 96372 and 96409, each with a modifier that may let it through."""
    pairs = ptp("facility", OCTOBER_2026)

    assert [pairs["96413", other] for other in ("96360", "96365", "96372", "96374", "96409")] == [1] * 5
    assert ("96365", "96413") not in pairs


def test_pairs_new_in_october_2026_do_not_hold_a_day_before() -> None:
    """96372 with the RSV products; the pairs of 2024 stay in force beside them."""
    assert ("96372", "90380") not in ptp("facility", SEPTEMBER_2026)
    assert ptp("facility", OCTOBER_2026)["96372", "90380"] == 1
    assert ptp("facility", SEPTEMBER_2026).items() <= ptp("facility", OCTOBER_2026).items()


def test_the_two_books_of_primaries_differ_where_the_rulebook_says() -> None:
    """CMS's file takes hydration as a primary of 96367, the codebook's notes do not."""
    cms = addon_primaries("cms_aoc_file", OCTOBER_2026)
    cpt = addon_primaries("cpt_parentheticals", OCTOBER_2026)

    assert cms["96367"] - cpt["96367"] == {"96360"}
    assert "C8957" in cms["96368"]
    assert cpt["96415"] == {"96413", "96417"}
    assert "96365" not in cms


def test_a_rate_is_whole_cents_with_the_meaning_of_its_status() -> None:
    """The first hour is paid, the concurrent infusion packaged, the injection packaged beside others."""
    first_hour, concurrent, injection = (rate(code, OCTOBER_2026) for code in ("96365", "96368", "96372"))

    assert (first_hour.unit_cents, first_hour.apc, first_hour.packaging) == (21731, "5693", "paid")
    assert (concurrent.unit_cents, concurrent.apc, concurrent.packaging) == (None, None, "packaged")
    assert (injection.unit_cents, injection.status_indicator, injection.packaging) == (
        7356,
        "Q1",
        "conditional",
    )


def test_the_editions_in_force_are_told_by_setting() -> None:
    """A hospital set names four tables, an office set four with the fee schedule, and a table not begun is left out."""
    assert editions(OCTOBER_2026) == {
        "mue": "2026-10-01",
        "ptp": "2026-10-01",
        "add_on": "2024-06-03",
        "opps": "2026-01-01",
    }
    assert editions(OCTOBER_2026, "office") == {
        "mue": "2024-07-01",
        "ptp": "2024-07-01",
        "add_on": "2024-06-03",
        "pfs": "2026-07-01",
    }
    assert editions(date(2024, 6, 10)) == {"add_on": "2024-06-03"}


def test_the_year_whose_rates_are_awaited_has_none() -> None:
    """The last day of 2026 is priced by its own schedule; the first of 2027 by none, and says what to fetch."""
    assert opps("96365", date(2026, 12, 31)) is not None
    with pytest.raises(
        NotInForceError, match=r"table opps of 2027-01-01 is awaited.*Fetch the Addendum B"
    ) as refused:
        opps("96365", date(2027, 1, 1))
    again = pickle.loads(pickle.dumps(refused.value))  # noqa: S301 our own bytes
    assert (type(again), str(again)) == (AwaitedError, str(refused.value))
    assert "opps" not in editions(date(2027, 1, 1))
    assert "mue" in editions(date(2027, 1, 1))


def test_an_awaited_table_that_is_there_is_a_slip(tmp_path: Path) -> None:
    """Somebody put the file in and left the word standing."""
    edits = tmp_path / "parameters" / "edits"
    copytree(EDITS, edits)
    (edits / "20270101" / "opps.csv").write_text("code,status,apc,cents\n", encoding="utf-8")
    assert [wrong for wrong in problems_under(edits) if 'still says "awaited"' in wrong]


def test_an_awaited_table_says_what_to_fetch(tmp_path: Path) -> None:
    """A layer that only refuses helps nobody."""
    edits = tmp_path / "parameters" / "edits"
    copytree(EDITS, edits)
    (edits / "20270101" / "edition.toml").write_text(
        'effective = 2027-01-01\n[opps]\ncite = "OPPS26"\ncovers = "awaited"\n', encoding="utf-8"
    )
    assert "names what to fetch" in problems_under(edits)[0]


def test_the_editions_are_the_callers_to_keep() -> None:
    """Two charge sets never share a mapping one of them might change."""
    editions(OCTOBER_2026).clear()

    assert editions(OCTOBER_2026)


def test_one_codes_facts_gather_every_table() -> None:
    """What ``infusion rules show 96374`` prints."""
    facts = code_facts("96374", OCTOBER_2026)

    assert facts.mue == {setting: mue("96374", setting, OCTOBER_2026) for setting in ("facility", "office")}
    assert ("96372", 1) in facts.bundles["facility"]
    assert ("96413", 1) in facts.bundled_into["facility"]
    assert facts.primaries == {"cms_aoc_file": (), "cpt_parentheticals": ()}
    assert facts.opps == opps("96374", OCTOBER_2026)
    assert {"MUE-2024-07-01", "MUE-2026-10-01", "OPPS-2026-01-01"} <= set(facts.cites)
    assert facts.not_in_force == ()


def test_an_add_ons_facts_carry_what_to_know_about_its_primaries() -> None:
    """That CMS keeps some hydration primaries to practitioners is said beside the list."""
    facts = code_facts("96367", OCTOBER_2026)

    assert facts.primaries["cms_aoc_file"] == ("96360", "96365", "96374", "96409", "96413")
    assert any("practitioner only" in note for note in facts.notes)


def test_a_code_no_table_holds_has_empty_facts() -> None:
    """An unknown code is no error; tables not yet begun are named."""
    assert not code_facts("12345", OCTOBER_2026).known
    assert "opps" in code_facts("96365", date(2025, 1, 1)).not_in_force


def test_the_shipped_tables_have_no_problems() -> None:
    """What ``infusion check`` would say."""
    assert problems() == []


@pytest.mark.parametrize(
    ("path", "before", "after", "says"),
    SLIPS.values(),
    ids=SLIPS.keys(),
)
def test_each_slip_in_a_table_is_named(tmp_path: Path, path: str, before: str, after: str, says: str) -> None:
    """One wrong cell, one sentence with the file it stands in."""
    edits = tmp_path / "edits"
    copytree(EDITS, edits)
    text = (edits / path).read_text(encoding="utf-8")
    assert before in text
    (edits / path).write_text(text.replace(before, after, 1), encoding="utf-8")

    found = problems_under(edits)

    assert found
    assert says in found[0]
    assert Path(path).name in found[0]


def test_a_missing_table_file_is_named(tmp_path: Path) -> None:
    """An edition names a CSV that is not there."""
    copytree(EDITS, tmp_path / "edits")
    (tmp_path / "edits" / "20260101" / "opps.csv").unlink()

    assert problems_under(tmp_path / "edits") == [
        "20260101/opps.csv: named in edition.toml but cannot be read; restore it or take its section out.",
    ]


def test_spans_of_codes_expand_with_their_letter() -> None:
    """Numbers count up, a letter stays in front."""
    assert list(expand("G0380-G0382")) == ["G0380", "G0381", "G0382"]
    assert list(expand("C8957")) == ["C8957"]
    assert all(looks_like_a_code(code) for code in families().charged | families().beside)
    assert not looks_like_a_code("CCCCC")


@with_reference
def test_every_unit_limit_agrees_with_the_reference() -> None:
    """All Medicare rows, both settings, both dates; blank rows are not values."""
    rows = [row for row in reference("mue.csv") if row["program"] == "Medicare NCCI" and row["mue_value"]]

    for row in rows:
        found = limit(row["code"], SETTINGS[row["setting"]], date.fromisoformat(row["effective"]))
        assert (found.value, found.mai) == (int(row["mue_value"]), int(row["mai"])), row["code"]
    assert len(rows) == 138


@with_reference
def test_every_pair_agrees_with_the_reference() -> None:
    """Kept pairs hold with their indicator; what is left out touches no code we can charge."""
    kept = families()
    seen: dict[Setting, set[tuple[str, str]]] = {"office": set(), "facility": set()}

    for row in reference("ptp.csv"):
        setting, pair = SETTINGS[row["setting"]], (row["column1"], row["column2"])
        if kept.keeps_pair(*pair):
            on = date.fromisoformat(row["effective"])
            assert ptp(setting, on)[pair] == int(row["modifier_indicator"])
            seen[setting].add(pair)

    for setting, pairs in seen.items():
        assert set(ptp(setting, OCTOBER_2026)) == pairs


@with_reference
def test_every_primary_agrees_with_the_reference() -> None:
    """CMS's add-on file, row by row and nothing more."""
    rows = {(row["add_on_code"], row["primary_code"]) for row in reference("addon.csv")}
    ours = {
        (add_on, primary)
        for add_on, primaries in addon_primaries("cms_aoc_file", OCTOBER_2026).items()
        for primary in primaries
    }

    assert ours == rows


@with_reference
def test_every_rate_agrees_with_the_reference() -> None:
    """Status, APC and dollars of every code we can charge."""
    charged = families().charged
    rows = [row for row in reference("opps.csv") if row["code"] in charged]

    for row in rows:
        found = rate(row["code"], date(2026, 1, 1))
        cents = int(Decimal(row["national_payment_usd"]) * 100) if row["national_payment_usd"] else None
        assert (found.status_indicator, found.apc or "", found.unit_cents) == (
            row["status_indicator"],
            row["apc"],
            cents,
        )
    assert len(rows) == 55
