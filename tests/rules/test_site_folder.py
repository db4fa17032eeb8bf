"""A site's own folder: laid over what ships for one stay at a time, and checked before it decides anything."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from pickle import dumps, loads
from shutil import copytree

import pytest
from second_coder_timelines import BLANK, EMPTY

from models.charge import ChargeSet
from models.drug import CodeSystem, Drug
from models.encounter import Encounter, Flow
from rules.catalogue.site_check import problems, summary
from rules.drug_lines.opps_status import status_on
from rules.engine import Coding, Profile, code_encounter, coding_steps
from rules.formulary import check, exclusion_list
from rules.formulary.crosswalks import ndc_hcpcs
from rules.formulary.lookup import lookup, substance
from rules.policy.resolve import policy_for
from rules.site_folder import (
    SiteFolder,
    SiteFolderError,
    cached_by_site,
    files_of,
    read_site,
    site_in_force,
    under_site,
)
from rules.tables.lookup import editions, mue, opps

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "site"
ON = date(2026, 3, 2)
TODAY = date(2026, 11, 28)
MORNING = int(datetime(2026, 3, 2, 13, tzinfo=UTC).timestamp())

SIGNED = "product,class,names,signed_by,signed_role,signed_on\n"

Made = Callable[[Mapping[str, str]], SiteFolder]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Return a maker of folders from file names and what stands in them."""

    def make(files: Mapping[str, str]) -> SiteFolder:
        folder = tmp_path / f"site-{len(list(tmp_path.iterdir()))}"
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return read_site(folder)

    return make


def stay(drug: Drug, route: str = "IV", facility: str | None = None, minutes: int = 91) -> Encounter:
    """Return a discharged Medicare stay with one drug, infused or injected."""
    infused = route == "IV"
    given = BLANK._replace(
        administration_id="A1", drug=drug, given_at=MORNING, route=route,
        flows=(Flow(MORNING, MORNING + 60 * minutes),) if infused else (), touched=(MORNING + 60 * minutes,),
    )  # fmt: skip
    return EMPTY._replace(
        encounter_id="E1", standing="discharged", setting="facility", payer="medicare", time_zone="UTC",
        facility=facility, departed_at=MORNING + 9 * 3600, last_recorded_at=MORNING + 9 * 3600,
        administrations=(given,),
    )  # fmt: skip


def coded(encounter: Encounter, site: SiteFolder | None) -> ChargeSet:
    """Return the charge set of a stay under a site."""
    return code_encounter(encounter, Profile(site=site)).charge_set


def flags(charge_set: ChargeSet) -> set[str]:
    """Return the ids of its flags."""
    return {flag.flag for flag in charge_set.flags}


def test_the_example_is_in_order_and_counts_what_nobody_signed() -> None:
    """What a reader copies must work as it stands."""
    site = read_site(EXAMPLE)
    assert problems(site, TODAY) == []
    held, signed = summary(site)
    assert "policies 1, drugs added 2, lists containers.csv, ndc.csv, products.csv, rxnorm.csv" in held
    assert signed.startswith("signed     classes 2 (2 by a pharmacist); nobody signed ")
    assert signed.endswith("the site's own 1 of them")


def test_step_by_step_each_stay_keeps_its_own_site() -> None:
    """Stays are coded in step: what one has in force between two of its steps must not reach the other."""
    site, bag = read_site(EXAMPLE), stay(Drug(name="ONC PREMED BAG"))
    kinds = (site, None, site)
    pieces = [coding_steps(bag, Profile(site=kind)) for kind in kinds]
    results: list[Coding | None] = [None] * len(kinds)
    while None in results:
        for place, steps in enumerate(pieces):
            try:
                next(steps)
            except StopIteration as done:
                results[place] = results[place] or done.value
            assert site_in_force() is None
    sets = [result.charge_set for result in results if result is not None]
    assert sets == [coded(bag, kind) for kind in kinds]
    assert sets[0].lines != sets[1].lines


@pytest.mark.parametrize(
    ("name", "code", "system"),
    [
        ("ONC PREMED BAG", None, None),
        (None, "999999901", "rxnorm"),
        ("dexamethasone-ondansetron-bag 10 mg/8 mg", None, None),
    ],
)
def test_a_sites_drug_is_known_by_its_names_and_codes(
    name: str | None, code: str | None, system: CodeSystem | None
) -> None:
    """And is the drug its ingredients make it, so that a dose of it and of them are told together."""
    drug = Drug(name=name, code=code, system=system)
    with under_site(read_site(EXAMPLE)):
        assert substance(drug, ON) == "dexamethasone+ondansetron"
        entry = lookup(drug, ON)
        assert entry is not None
        assert (entry.billing_class, entry.pushable, entry.basis) == ("therapeutic", "never", "signed")


def test_a_sites_package_is_its_drug_however_it_is_written() -> None:
    """The site's pharmacy buys from a labeler the official crosswalk does not list."""
    drug = Drug(code="9999900 0101".replace(" ", ""), system="ndc")
    assert lookup(drug, ON) is None
    with under_site(read_site(EXAMPLE)):
        assert substance(drug, ON) == "dexamethasone"


def test_a_signed_class_raises_nothing() -> None:
    """Clesrovimab ships on a source nobody has read: a signature stands in its place, also for a date before it."""
    drug = Drug(name="clesrovimab")
    assert "F-UNVERIFIED" in flags(coded(stay(drug, "IM"), None))
    signed = coded(stay(drug, "IM"), read_site(EXAMPLE))
    assert "F-UNVERIFIED" not in flags(signed)
    assert [line.code for line in signed.lines] == ["96381"]


def test_a_row_nobody_signed_is_as_doubtful_as_any() -> None:
    """It codes, and says that nobody vouches for it."""
    drug = Drug(name="ward study 7")
    assert "F-CLASS_UNKNOWN" in flags(coded(stay(drug), None))
    unsigned = coded(stay(drug), read_site(EXAMPLE))
    assert "F-UNVERIFIED" in flags(unsigned)
    assert unsigned.lines[0].code == "96413"


def test_a_signed_row_moves_a_class_nobody_vouched_for(made: Made) -> None:
    """Atracurium ships as an assignment of research: a pharmacist may say otherwise."""
    site = made(
        {"drugs/products.csv": SIGNED + "atracurium,therapeutic,,pharmacist-1,pharmacist,2026-11-20\n"}
    )
    assert problems(site, TODAY) == []
    assert coded(stay(Drug(name="tracrium")), None).lines == ()
    assert [line.code for line in coded(stay(Drug(name="tracrium")), site).lines] == ["96365", "96366"]


def test_a_policy_of_the_site_decides_its_own_facility() -> None:
    """By the identifier the stay carries; a stay of another hospital is coded as before."""
    with under_site(read_site(EXAMPLE)):
        north = policy_for("facility", "medicare", "NORTH", None, ON)
        south = policy_for("facility", "medicare", "SOUTH", None, ON)
    assert (north.name, north.kvo_rate_ceiling) == ("medicare-facility+north-campus", 30)
    assert (south.name, south.kvo_rate_ceiling) == ("medicare-facility", 50)
    assert coded(stay(Drug(name="ceftriaxone"), facility="NORTH"), read_site(EXAMPLE)).policy == north.name


def test_two_sites_answers_never_look_alike(made: Made) -> None:
    """What was laid over is named in the set, with a digest of its rows, and only where there is something."""
    drug = Drug(name="ceftriaxone")
    row = "house-mix,therapeutic,{},pharmacist-1,pharmacist,2026-11-20\n"
    one, other = (made({"drugs/products.csv": SIGNED + row.format(name)}) for name in ("mix one", "mix two"))
    sets = [coded(stay(drug), site) for site in (None, one, other)]
    assert sets[0].lines == sets[1].lines == sets[2].lines
    assert len({repr(charge_set) for charge_set in sets}) == len(sets)
    assert "site_formulary" not in sets[0].tables
    assert sets[1].tables.keys() - sets[0].tables.keys() == {"site_formulary"}
    again = made({"drugs/products.csv": SIGNED + row.format("mix one")})
    assert coded(stay(drug), again) == sets[1]


def test_nothing_of_a_site_is_left_behind() -> None:
    """One process, one stay after the other, with and without: each as if it were the first."""
    site, drugs = (
        read_site(EXAMPLE),
        [Drug(name=name) for name in ("onc premed bag", "clesrovimab", "ceftriaxone")],
    )
    encounters = [stay(drug, route) for drug in drugs for route in ("IV", "IM")]
    plain = [coded(encounter, None) for encounter in encounters]
    laid = [coded(encounter, site) for encounter in encounters]
    assert [coded(encounter, None) for encounter in encounters] == plain
    assert [coded(encounter, site) for encounter in encounters] == laid
    assert site_in_force() is None


def test_a_fault_takes_the_site_out_of_force() -> None:
    """What was in force before is in force again, whatever happened."""
    with pytest.raises(RuntimeError), under_site(read_site(EXAMPLE)):
        raise RuntimeError
    assert site_in_force() is None


def test_the_profile_goes_to_another_process() -> None:
    """It holds where the folder is and what was in it, not the folder."""
    site = read_site(EXAMPLE)
    sent = loads(dumps(Profile(site=site)))  # noqa: S301 our own bytes
    assert sent.site == site
    assert len(dumps(site)) < 1000


def test_a_folder_that_changed_is_not_read_by_halves(tmp_path: Path) -> None:
    """A process that begins later must not code by other rows under the same digest."""
    folder = tmp_path / "site"
    copytree(EXAMPLE, folder)
    site = read_site(folder)
    (folder / "drugs" / "ndc.csv").write_text("ndc,hcpcs\n99999-0002-01,J1100\n", encoding="utf-8")
    with pytest.raises(SiteFolderError, match="changed after this run began"):
        files_of(site)
    changed = read_site(folder)
    assert changed.digest != site.digest
    with under_site(changed):
        assert substance(Drug(code="99999-0002-01", system="ndc"), ON) == "dexamethasone"


EDITION = 'effective = 2026-02-01\n\n[{table}]\ncite = "{cite}"\ncovers = "{covers}"\n'
SOURCES = '[CMS-OPPS-X]\ntitle = "Medicare OPPS Addendum B"\ngrade = "A"\n'


def test_a_sites_edition_lies_over_the_shipped_ones(made: Made) -> None:
    """From its first day on, and not a day before."""
    site = made(
        {
            "edits/20260201/edition.toml": EDITION.format(table="opps", cite="CMS-OPPS-X", covers="read"),
            "edits/20260201/sources.toml": SOURCES,
            "edits/20260201/opps.csv": "code,status,apc,cents\n96365,S,5693,30000\n",
        }
    )
    assert problems(site, TODAY) == []
    shipped = opps("96366", ON)
    with under_site(site):
        rate, before, other = opps("96365", ON), opps("96365", date(2026, 1, 31)), opps("96366", ON)
        named, earlier = editions(ON), editions(date(2026, 1, 31))
        assert mue("96365", "facility", ON) is not None
    assert rate is not None
    assert (rate.unit_cents, rate.cite) == (30000, "CMS-OPPS-X")
    assert before is not None
    assert before.unit_cents != rate.unit_cents
    assert other == shipped
    assert named["opps"] == "2026-02-01"
    assert named["site_opps"].startswith("2026-02-01.")
    assert "site_opps" not in earlier
    line = coded(stay(Drug(name="ceftriaxone")), site).lines[0]
    assert line.expected_payment is not None
    assert (line.expected_payment.schedule, line.expected_payment.cents) == ("OPPS 2026-02-01", 30000)


def test_a_sites_list_of_self_administered_drugs_comes_first(made: Made) -> None:
    """A contractor's own list decides for the hospital that bills it."""
    listed = "ingredient,routes,listed_by,from,cite,as_of\nketorolac,IM,NGS,2026-01-01,SAD-DEF,2026-01-01\n"
    site = made({"drugs/self_administered.csv": listed})
    assert problems(site, TODAY) == []
    drug = Drug(name="ketorolac")
    assert [line.code for line in coded(stay(drug, "IM"), None).lines] == ["96372"]
    listed_set = coded(stay(drug, "IM"), site)
    assert listed_set.lines == ()
    assert flags(listed_set) >= {"F-SAD"}
    assert "site_self_administered" in listed_set.tables


DATED = 'effective = 2026-02-01\n\n[{table}]\ncite = "CMS-X"\nreleased = 2026-01-15\n'
CITED = '[CMS-X]\ntitle = "A list of CMS"\ngrade = "A"\n'


def test_a_sites_dated_drug_lists_lie_over_the_shipped_ones(made: Made) -> None:
    """As a refresh writes them into the folder; what the site wrote by hand lies over both."""
    site = made(
        {
            "drugs/20260201/edition.toml": DATED.format(table="ndc"),
            "drugs/20260201/sources.toml": CITED,
            "drugs/20260201/ndc.csv": "ndc,hcpcs\n99999000201,J0696\n",
            "drugs/ndc.csv": "ndc,hcpcs\n99999-0003-01,J1100\n",
        }
    )
    assert problems(site, TODAY) == []
    with under_site(site):
        named = [substance(Drug(code=f"99999-000{n}-01", system="ndc"), ON) for n in (2, 3)]
        assert set(editions(ON)) >= {"site_ndc"}
        assert substance(Drug(code="00003-2187-13", system="ndc"), ON) == "abatacept"
    assert named == ["ceftriaxone", "dexamethasone"]


def test_a_sites_dated_list_of_self_administered_drugs_stands_from_its_day(made: Made) -> None:
    """In place of the shipped one, whole."""
    row = "ketorolac,,IM,NGS,2025-01-01,,CMS-X,2026-01-15\n"
    site = made(
        {
            "drugs/20260201/edition.toml": DATED.format(table="self_administered"),
            "drugs/20260201/sources.toml": CITED,
            "drugs/20260201/self_administered.csv": "ingredient,hcpcs,routes,listed_by,from,until,cite,as_of\n"
            + row,
        }
    )
    assert problems(site, TODAY) == []
    assert "F-SAD" in flags(coded(stay(Drug(name="ketorolac"), "IM"), site))
    assert "F-SAD" not in flags(coded(stay(Drug(name="ketorolac"), "IM"), None))


def test_a_sites_folder_is_whole_with_what_ships(made: Made) -> None:
    """A refresh reads and checks the lists of the folder it writes into as if all that ships were in it."""
    site = made(
        {
            "drugs/products.csv": SIGNED + "house-mix,therapeutic,,pharmacist-1,pharmacist,2026-11-20\n",
            "drugs/20260201/edition.toml": DATED.format(table="ndc"),
            "drugs/20260201/sources.toml": CITED,
            "drugs/20260201/ndc.csv": "ndc,hcpcs\n99999000201,J0696\n",
        }
    )
    drugs = Path(site.path) / "drugs"
    assert check.problems(drugs) == []
    assert exclusion_list.problems(drugs) == []
    assert ndc_hcpcs(drugs)["99999000201"] == ("J0696",)
    assert len(ndc_hcpcs(drugs)) == len(ndc_hcpcs()) + 1


def test_a_sites_quarter_of_statuses_pays_drugs_from_its_day(made: Made) -> None:
    """``infusion refresh --opps-drugs`` wrote it; the quarter before keeps what ships."""
    site = made(
        {
            "drugs/20260401/edition.toml": DATED.format(table="opps_drugs").replace(
                "2026-02-01", "2026-04-01"
            ),
            "drugs/20260401/sources.toml": CITED,
            "drugs/20260401/opps_drugs.csv": "code,status,rate\nJ0696,K,1.250\n",
        }
    )
    assert problems(site, TODAY) == []
    with under_site(site):
        before, from_then = status_on("J0696", date(2026, 3, 31)), status_on("J0696", date(2026, 4, 1))
    assert before is not None
    assert from_then is not None
    assert (before.indicator, from_then.indicator, from_then.cite) == ("N", "K", "CMS-X")
    assert status_on("J0696", date(2026, 4, 1)) == before


def test_answers_are_remembered_by_site_and_no_more_than_so_many() -> None:
    """One call an argument and a site; a fault is not remembered, and what was asked long ago is let go."""
    asked: list[tuple[str | None, int, bool]] = []

    @cached_by_site(maxsize=4)
    def answer(number: int, *, named: bool = False) -> str | None:
        site = site_in_force()
        asked.append((site.path if site else None, number, named))
        if number < 0:
            message = "below nothing"
            raise ValueError(message)
        return site.path if site else None

    place = SiteFolder("somewhere", "0")
    for _ in range(2):
        assert answer(1) is None
        assert answer(1, named=True) is None
        with under_site(place):
            assert answer(1) == "somewhere"
        with pytest.raises(ValueError, match="below nothing"):
            answer(-1)
    assert asked == [
        (None, 1, False),
        (None, 1, True),
        ("somewhere", 1, False),
        (None, -1, False),
        (None, -1, False),
    ]
    for number in range(9):
        answer(number)
    asked.clear()
    answer(8)
    answer(1)
    assert asked == [(None, 1, False)]
