"""Laws of reconciling: nothing given, charged or posted is lost or counted twice, and the money adds up."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import ORDINARY_DAYS, encounters

from models.charge import ChargeSet, expected_cents
from models.encounter import Encounter
from rules.engine import Profile, code_encounter
from streams.feeds.posted import PostedLine
from streams.reconciliation.acknowledged import Posted
from streams.reconciliation.amounts import priced
from streams.reconciliation.stay import Stay, posted_cents, reconciled

LAW = settings(max_examples=20, deadline=None)
NOW = datetime(2027, 1, 1, tzinfo=UTC)


@cache
def profile(drug_lines: str) -> Profile:
    """Return the profile with the drug lines asked for."""
    return Profile(overrides=(("drug_lines", drug_lines),))


@st.composite
def stays(draw: st.DrawFn) -> tuple[Encounter, ChargeSet, tuple[PostedLine, ...]]:
    """Draw a stay, its charge set, and a billing system that has some of it, some of it wrong, and something else."""
    encounter = draw(encounters(days=ORDINARY_DAYS))
    charge_set = code_encounter(
        encounter, profile(draw(st.sampled_from(("off", "suggest", "release"))))
    ).charge_set
    posted = []
    for line in charge_set.lines:
        fate = draw(
            st.sampled_from(("same", "unnamed", "missing", "units", "date", "modifiers", "by id", "credited"))
        )
        one = PostedLine(line.code, line.units, line.modifiers, line.service_date, line.line_id)
        posted += {
            "same": [one],
            "unnamed": [one._replace(line_id=None)],
            "missing": [],
            "units": [one._replace(units=one.units + 1, line_id=None)],
            "date": [one._replace(service_date=line.service_date + timedelta(1), line_id=None)],
            "modifiers": [one._replace(modifiers=("XU",), line_id=None)],
            "by id": [PostedLine(None, 0, line_id=line.line_id)],
            "credited": [one._replace(units=-1, line_id=None)],
        }[fate]
    other = draw(st.lists(st.sampled_from(("96360", "96375", "J2405", "36415")), max_size=2))
    day = charge_set.lines[0].service_date if charge_set.lines else datetime(2026, 3, 2, tzinfo=UTC).date()
    return encounter, charge_set, (*posted, *(PostedLine(code, 1, ("22",), day) for code in other))


@LAW
@given(stays())
def test_everything_stands_in_exactly_one_row(
    drawn: tuple[Encounter, ChargeSet, tuple[PostedLine, ...]],
) -> None:
    """Administrations by id, our lines by id, drug lines by id; each posted line once, beside ours or alone."""
    encounter, charge_set, posted = drawn
    names = [one.administration_id for one in encounter.administrations]
    rows = reconciled(Stay(charge_set.encounter_id, charge_set, Posted(posted), tuple(names)), NOW)
    mine = Counter(row.id for row in rows if row.kind == "charge" and row.code is not None)
    assert mine == Counter(line.line_id for line in charge_set.lines)
    assert Counter(row.id for row in rows if row.kind == "drug") == Counter(
        line.drug_line_id for line in charge_set.drug_lines
    )
    given_rows = Counter(row.id for row in rows if row.kind == "administration")
    assert set(given_rows.values()) <= {1}
    assert given_rows.keys() >= {*names}
    lines = [row for row in rows if row.kind != "administration"]
    alone = sum(row.state == "extra" and row.code is None and row.posted_code is None for row in lines)
    assert sum(row.posted_code is not None for row in lines) + alone == len(posted)


@LAW
@given(stays())
def test_the_money_adds_up(drawn: tuple[Encounter, ChargeSet, tuple[PostedLine, ...]]) -> None:
    """Ours to what the set is expected to be paid; what agrees has one amount; the rest what the schedule says of it."""
    _, charge_set, posted = drawn
    rows = reconciled(Stay(charge_set.encounter_id, charge_set, Posted(posted)), NOW)
    assert sum(row.cents for row in rows if row.kind == "charge") == expected_cents(charge_set)
    agreed = [
        row for row in rows if row.kind == "charge" and row.code and row.posted_code and not row.differs_in
    ]
    assert all(row.posted_cents == row.cents for row in agreed)
    schedule = Counter[tuple[object, ...]]()
    for line, cents in zip(posted, priced(posted, charge_set.setting), strict=True):
        schedule[line.code, line.units, line.modifiers] += cents
    for row in agreed:
        schedule.pop((row.posted_code, row.posted_units, row.posted_modifiers), None)
    others = sum(row.posted_cents for row in rows if row not in agreed)
    same = {(row.posted_code, row.posted_units, row.posted_modifiers) for row in agreed}
    doubled = sum(
        row.posted_cents
        for row in rows
        if row not in agreed and (row.posted_code, row.posted_units, row.posted_modifiers) in same
    )
    assert others - doubled == sum(schedule.values())
    assert posted_cents(rows) == others + sum(row.cents for row in agreed)
