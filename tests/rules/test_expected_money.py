"""Expected payment: by the site's contract or the payer's published rates, else the schedule of the setting, and which it was."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from second_coder_timelines import BLANK, EMPTY

from models.charge import CHARGE_SET, ChargeLine, ChargeSet, ExpectedPayment
from models.drug import Drug
from models.encounter import Encounter, Flow
from models.line_change import LINE_CHANGE
from rules.catalogue.site_check import problems
from rules.claim.office_payment import office_payments
from rules.claim.payment import PricedLine
from rules.engine import Profile, code_encounter
from rules.site_folder import SiteFolder, read_site, under_site
from streams.charging.line_changes import line_changes, restated_cents
from streams.charging.release import release
from streams.feeds.posted import PostedLine
from streams.reconciliation.amounts import priced
from streams.wire.charge_json import value_of
from streams.wire.closed_encounter_json import ClosedEncounter
from streams.wire.topics import CHARGE_LINES, CHARGES

ON = date(2026, 10, 5)
TODAY = date(2026, 11, 28)
MORNING = int(datetime(2026, 10, 5, 13, tzinfo=UTC).timestamp())
RATES = "payer,code,setting,billing_class,period,count,mean,p10,p25,p50,p75,p90\n"
CONTRACT = "payer,code,setting,usd,percent\n"
GPCI = "facility,contractor,locality,work,pe,mp\n"
FIVE = {
    "aetna": ("Aetna", "100.00"),
    "BCBS of Texas": ("Blue Cross Blue Shield", "110.00"),
    "cigna": ("Cigna", "120.00"),
    "uhc": ("UnitedHealthcare", "130.00"),
    "medicare": ("Medicare", "140.00"),
}
"""What a stay calls each payer, what a published file does, and the median of its rates."""

Made = Callable[[Mapping[str, str]], SiteFolder]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Return a maker of a site's folder from tables of one day by name."""

    def make(tables: Mapping[str, str], day: str = "20260701") -> SiteFolder:
        folder = tmp_path / f"site-{len(list(tmp_path.iterdir()))}" / "edits" / day
        folder.mkdir(parents=True)
        said = [f"effective = {day[:4]}-{day[4:6]}-{day[6:]}\n"]
        for name, text in tables.items():
            (folder / f"{name}.csv").write_text(text, "utf-8")
            said.append(f'[{name}]\ncite = "OURS"\ncovers = "all"\n')
        (folder / "edition.toml").write_text("".join(said), "utf-8")
        (folder / "sources.toml").write_text('[OURS]\ntitle = "the site"\ngrade = "C"\n', "utf-8")
        return read_site(folder.parents[1])

    return make


def rate(payer: str, median: str, **other: str) -> str:
    """Return a row of published rates of 96365 whose quartiles are its median."""
    where = {"setting": "outpatient", "billing_class": "institutional", "period": "2026-06", **other}
    return f"{payer},96365,{where['setting']},{where['billing_class']},{where['period']},7,{','.join([median] * 6)}\n"


def stay(payer: str | None, setting: str = "facility", facility: str | None = None) -> Encounter:
    """Return a discharged stay with one antibiotic over an hour."""
    given = BLANK._replace(
        administration_id="A1", order_id="O1", drug=Drug(name="ceftriaxone"), given_at=MORNING, route="IV",
        flows=(Flow(MORNING, MORNING + 3600),), touched=(MORNING + 3600,),
    )  # fmt: skip
    return EMPTY._replace(
        encounter_id="E1", standing="discharged", setting=setting, payer=payer, time_zone="UTC", facility=facility,
        departed_at=MORNING + 9 * 3600, last_recorded_at=MORNING + 9 * 3600,
        administrations=(given,), key_reason_order_id="O1",
    )  # fmt: skip


def coded(payer: str | None, site: SiteFolder | None, setting: str = "facility", **where: str) -> ChargeSet:
    """Return the charge set of the stay under a site's folder."""
    return code_encounter(stay(payer, setting, **where), Profile(site=site)).charge_set


def paid(charge_set: ChargeSet) -> ExpectedPayment:
    """Return what its one line is expected to be paid."""
    (line,) = charge_set.lines
    assert line.code == "96365"
    assert line.expected_payment is not None
    return line.expected_payment


def office(*lines: tuple[str, int], day: date = ON) -> list[ExpectedPayment | None]:
    """Return what an office is paid for codes and their units of one day."""
    return list(office_payments(tuple(PricedLine(code, day, units) for code, units in lines), None))


@pytest.mark.parametrize("setting", ["facility", "office"])
def test_a_stay_of_each_of_the_five_payers_shows_money_by_its_own_benchmark(made: Made, setting: str) -> None:
    """Each is priced by the median of its own rates in its own class of claim, and says so."""
    billed = {"facility": "institutional", "office": "professional"}[setting]
    other = {"facility": "professional", "office": "institutional"}[setting]
    rows = [
        rate(published, median, billing_class=billed) + rate(published, "999.00", billing_class=other)
        for published, median in FIVE.values()
    ]
    site = made({"rates": RATES + "".join(rows)})
    assert problems(site, TODAY) == []
    for payer, (published, median) in FIVE.items():
        found = paid(coded(payer, site, setting))
        assert (found.basis, f"{(found.cents or 0) / 100:.2f}") == ("benchmark", median)
        assert found.schedule == "rates 2026-07-01"
        assert found.note == f"{published}: the median of 7 published rates ({billed}, outpatient, 2026-06)."


def test_a_contract_comes_before_published_rates_and_those_before_the_schedule(made: Made) -> None:
    """A payer without either is priced by the schedule, as without a site; the amount says which it was."""
    contract = CONTRACT + "Cigna Healthcare,96365,facility,88.00,\nBCBS of Georgia,96365,facility,1.00,\n"
    site = made({"contract": contract, "rates": RATES + rate("Cigna", "120.00") + rate("Aetna", "100.00")})
    assert problems(site, TODAY) == []
    cigna = paid(coded("cigna", site))
    assert (cigna.basis, cigna.cents, cigna.schedule) == ("contract", 8800, "contract 2026-07-01")
    assert paid(coded("aetna", site)).basis == "benchmark"
    assert paid(coded("BCBS of Texas", site)) == paid(coded("BCBS of Texas", None))
    assert paid(coded("cigna", site, "office")).schedule == "MPFS 2026-07-01"
    assert paid(coded(None, site)).schedule == "OPPS 2026-01-01"


def test_a_contract_may_pay_a_percent_of_the_schedule(made: Made) -> None:
    """115 percent of OPPS and of an office's amount; a code with a price of its own keeps it."""
    contract = (
        CONTRACT
        + "Cigna,*,facility,,115\nCigna,*,office,,120.5\nAetna,*,facility,,115\nAetna,96365,facility,9.00,\n"
    )
    site = made({"contract": contract})
    assert problems(site, TODAY) == []
    cigna = paid(coded("cigna", site))
    assert (cigna.basis, cigna.cents, cigna.apc, cigna.packaging) == ("contract", 24991, "5693", "paid")
    assert cigna.note.startswith("The site's contract with Cigna: 115 percent of OPPS 2026-01-01.")
    assert paid(coded("cigna", site, "office")).cents == 8090
    assert paid(coded("aetna", site)).cents == 900


def test_the_newest_rate_that_fits_best_is_taken(made: Made) -> None:
    """Outpatient before both, and of those the newest month; an inpatient rate is none for a line of ours."""
    rows = [
        rate("Aetna", "1.00", setting="inpatient"),
        rate("Aetna", "2.00", setting="both", period="2026-09"),
        rate("Aetna", "3.00", period="2026-05"),
        rate("Aetna", "4.00", period="2026-06"),
        rate("Cigna", "5.00", setting="inpatient"),
        rate('"Cigna, Medicare plan"', "6.00"),
    ]
    site = made({"rates": RATES + "".join(rows)})
    assert paid(coded("aetna", site)).cents == 400
    assert paid(coded("cigna", site)).basis == "schedule"


def test_a_schedules_amount_has_no_basis_on_the_wire(made: Made) -> None:
    """The JSON of a stay that no contract and no rate prices has the bytes it had before there were any."""
    assert b'"basis"' not in value_of(coded("aetna", None))
    site = made({"rates": RATES + rate("Aetna", "100.00")})
    assert b'"basis":"benchmark"' in value_of(coded("aetna", site))


def test_a_new_edition_of_rates_restates_money_and_moves_no_line(made: Made) -> None:
    """The set changes, its codes and units do not, nothing is credited or charged, and the difference is told."""
    before = coded("aetna", made({"rates": RATES + rate("Aetna", "100.00")}))
    after = coded("aetna", made({"rates": RATES + rate("Aetna", "250.00")}))
    assert before.status == after.status == "final"
    assert before.charge_set_id != after.charge_set_id
    assert list(line_changes(before.lines, after)) == []
    assert restated_cents(before.lines, after) == 15000
    assert [change.change for change in line_changes((), after)] == ["charge"]


@pytest.mark.parametrize("tie", ["longest", "highest_paid"])
def test_no_amount_chooses_a_code(made: Made, tie: str) -> None:
    """Whatever the rates say, lines, flags and refusals are those of a stay without any."""

    def without_money(charge_set: ChargeSet) -> object:
        return [
            (line.code, line.units, line.modifiers, line.reasons) for line in charge_set.lines
        ], charge_set.flags, charge_set.not_billed  # fmt: skip

    site = made(
        {"rates": RATES + rate("Aetna", "0.01"), "contract": CONTRACT + "Aetna,96374,facility,900.00,\n"}
    )
    overrides = (("equal_rank_initial", tie),)
    with_rates = code_encounter(stay("aetna"), Profile(site=site, overrides=overrides)).charge_set
    without = code_encounter(stay("aetna"), Profile(overrides=overrides)).charge_set
    assert without_money(with_rates) == without_money(without)


def test_an_office_is_paid_by_relative_values_and_the_conversion_factor() -> None:
    """2.01 x 33.4009 and 0.47 x 33.4009, an add-on paid whole beside the other; nothing for a year not read."""
    first, added = office(("96365", 1), ("96375", 2))
    assert first is not None
    assert added is not None
    assert (first.schedule, first.status_indicator, first.packaging, first.cents) == (
        "MPFS 2026-07-01", "A", "paid", 6714,
    )  # fmt: skip
    assert (added.unit_cents, added.cents) == (1570, 3140)
    assert office(("96365", 1), day=date(2026, 3, 2)) == [None]
    assert office(("96365", 1), day=date(2027, 3, 2)) == [None]


def test_what_the_fee_schedule_does_not_price_has_no_amount() -> None:
    """Status X is not paid, C is the contractor's to price, T is paid when nothing else payable stands that day."""
    push, unlisted = office(("96376", 1), ("96379", 1))
    assert push is not None
    assert unlisted is not None
    assert (push.status_indicator, push.packaging, push.cents) == ("X", "not_paid", None)
    assert (unlisted.status_indicator, unlisted.packaging, unlisted.cents) == ("C", "other", None)
    (alone,) = office(("96523", 1))
    _, beside = office(("96365", 1), ("96523", 1))
    assert alone is not None
    assert beside is not None
    assert (alone.packaging, alone.cents, beside.cents) == ("conditional", 2605, 0)


def test_the_second_of_two_procedures_is_paid_half_where_the_indicator_says_so() -> None:
    """96406 is the day's best: whole; 96405 beside it is halved, 96365 is not."""
    small, large, infusion = office(("96405", 1), ("96406", 1), ("96365", 1))
    assert small is not None
    assert large is not None
    assert infusion is not None
    assert (large.cents, large.unit_cents) == (13193, 13193)
    assert (small.cents, small.unit_cents) == (4225, 8450)
    assert "half" in small.note
    assert infusion.cents == 6714
    (single,) = office(("96405", 1))
    assert single is not None
    assert single.cents == 8450


def test_a_locality_of_the_site_adjusts_each_part_and_a_facility_may_have_its_own(made: Made) -> None:
    """(0.21 x 1.1 + 1.76 x 1.2 + 0.04 x 0.5) x 33.4009, and the national amount where no locality is of the year."""
    site = made({"gpci": GPCI + ",01112,05,1.1,1.2,0.5\nMOUNTAIN,02102,01,1.5,1.0,1.0\n"})
    assert problems(site, TODAY) == []
    everywhere = paid(coded("aetna", site, "office"))
    assert everywhere.cents == 7893
    assert "locality 05 of contractor 01112" in everywhere.note
    assert paid(coded("aetna", site, "office", facility="MOUNTAIN")).cents == 7064
    assert "site_gpci" in coded("aetna", site, "office").tables
    assert "site_gpci" not in coded("aetna", site).tables


@pytest.mark.parametrize(
    ("table", "text", "wrong"),
    [
        ("rates", RATES + rate("Aetna", "100.0"), "must be US dollars"),
        ("rates", RATES + rate("", "100.00"), "payer is empty"),
        ("rates", RATES + rate("Aetna", "1.00", period="lately"), "period must be a month"),
        ("rates", RATES + rate("Aetna", "90000.00"), "up to 50000"),
        ("rates", RATES + "Aetna,96365,both,both,2026-06,2,2.00,3.00,2.00,2.00,2.00,2.00\n", "must not fall"),
        ("rates", RATES + rate("Aetna", "1.00") * 2, "repeats line 2"),
        ("contract", CONTRACT + "Aetna,96365,clinic,1.00,\n", "setting must be facility or office"),
        ("contract", CONTRACT + "Aetna,99213,office,1.00,\n", "no charged code"),
        ("contract", CONTRACT + "Aetna,96365,office,-1.00,\n", "US dollars a unit"),
        ("contract", CONTRACT + "Aetna,96365,office,1.00,110\n", "leave the other empty"),
        ("contract", CONTRACT + "Aetna,96365,office,,\n", "leave the other empty"),
        ("contract", CONTRACT + "Aetna,*,office,,-5\n", "percent must be a number of percent"),
        ("contract", CONTRACT + "Aetna,*,office,5.00,\n", "* is every code, with a percent"),
        ("gpci", GPCI + ",01112,05,1.1,12,0.5\n", "pe must be an index"),
        ("rbcs", "code,since,category\n96365,lately,Treatment\n", "since must be a date"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_is_named_before_anything_is_coded(
    made: Made, table: str, text: str, wrong: str
) -> None:
    """The check of a site's folder names file, line and what is wrong."""
    (said, *_) = problems(made({table: text}), TODAY)
    assert said.startswith(f"edits/20260701/{table}.csv line ")
    assert wrong.replace("no charged", "not a charged") in said


def test_two_sites_of_other_rates_tell_themselves_apart(made: Made) -> None:
    """The tables of a set name the edition of rates with a digest of its rows, and the office's schedule."""
    first, second = (
        coded("aetna", made({"rates": RATES + rate("Aetna", median)})) for median in ("1.00", "2.00")
    )
    assert first.tables["site_rates"] != second.tables["site_rates"]
    assert coded("aetna", None, "office").tables["pfs"] == "2026-07-01"
    assert "pfs" not in coded("aetna", None).tables


def test_a_line_that_is_billed_otherwise_is_credited_with_its_own_amount(made: Made) -> None:
    """A line whose units move is credited and charged, each with the amount of its own set."""
    before = coded("aetna", made({"rates": RATES + rate("Aetna", "100.00")}))
    (line,) = before.lines
    twice = ChargeLine(**{**vars(line), "units": 2})
    changes = list(line_changes((twice,), before))
    assert [(one.change, one.line.units) for one in changes] == [("credit", 2), ("charge", 1)]
    with under_site(None):
        assert restated_cents((twice,), before) == 0


def test_another_systems_lines_are_worth_what_ours_are(made: Made) -> None:
    """A code of ours is priced as ours is, by the payer's rates, any other by the schedule; an office by its own."""
    ours = coded("aetna", made({"rates": RATES + rate("Aetna", "100.00")}))
    theirs = [PostedLine("96365", 2, (), ON), PostedLine("96375", 1, (), ON)]
    assert priced(theirs, "facility", ours) == [20000, 4784]
    assert priced(theirs, "facility") == [43462, 4784]
    assert priced(theirs, "office") == [13428, 1570]


def test_a_stay_coded_again_under_new_rates_is_a_new_revision_that_credits_nothing(made: Made) -> None:
    """The newest set has the new amount; a withdrawal afterwards credits the line once, as it was charged but for money."""
    old, new = (made({"rates": RATES + rate("Aetna", median)}) for median in ("100.00", "250.00"))
    encounter = stay("aetna")

    def closed(version: int, standing: str = "final") -> ClosedEncounter:
        what = encounter if standing == "final" else encounter._replace(standing="cancelled")
        return ClosedEncounter("E1", version, standing, MORNING + 90000 * version, "confirmed", None, 9, what)  # type: ignore[arg-type]  # a literal

    state, first = release(None, closed(1), Profile(site=old), 0, committed=0)
    state, second = release(state, closed(2), Profile(site=new), 1, committed=1)
    _, third = release(state, closed(3, "cancelled"), Profile(site=new), 2, committed=2)
    told = [
        [LINE_CHANGE.validate_json(one.value or b"") for one in messages if one.topic == CHARGE_LINES]
        for messages in (first, second, third)
    ]
    assert [[one.change for one in changes] for changes in told] == [["charge"], [], ["credit"]]
    (newest,) = (CHARGE_SET.validate_json(one.value or b"") for one in second if one.topic == CHARGES)
    assert (newest.revision, paid(newest).cents) == (2, 25000)
    assert told[0][0].line.line_id == told[2][0].line.line_id
