"""The seeded day with its drugs: a drug line for every coded administration, or why it has none; and off moves no byte."""

from collections import Counter
from functools import cache
from itertools import groupby
from pathlib import Path

from orjson import dumps

from models.charge import ChargeSet
from models.event import EVENT, Event
from rules.engine import Profile, code_encounter
from streams.encounter.fold import NoEventsError, fold

DAY = Path(__file__).parents[2] / "seeds" / "day.jsonl"


@cache
def sets(answer: str) -> tuple[ChargeSet, ...]:
    """Return the day's charge sets, merges left aside, under one answer to the switch."""
    events: list[Event] = [EVENT.validate_json(line) for line in DAY.read_bytes().splitlines()]
    coded = []
    for _, told in groupby(
        sorted(events, key=lambda one: one.encounter_id), key=lambda one: one.encounter_id
    ):
        try:
            stay = fold(told)
        except NoEventsError:
            continue
        coded.append(code_encounter(stay, Profile(overrides=(("drug_lines", answer),))).charge_set)
    return tuple(coded)


def test_every_coded_administration_has_a_drug_line_or_why_not() -> None:
    """With units, or open with what to supply, or not billed with the rule that says so."""
    statuses: Counter[str] = Counter()
    for one in sets("suggest"):
        given = {name for line in one.lines for name in line.administration_ids}
        told = {drug.administration_id for drug in one.drug_lines}
        assert given <= told, (one.encounter_id, given - told)
        for drug in one.drug_lines:
            statuses[drug.status] += 1
            assert (drug.units is None) == (drug.status in {"open", "not_billed"}), drug
            assert drug.reasons, drug
            assert drug.status != "open" or drug.flags, drug
            assert all("Supply" in flag.says or flag.suggestion for flag in drug.flags)
    assert statuses.keys() == {"suggested", "open", "not_billed"}
    assert sum(statuses.values()) > 190


def test_off_moves_no_byte_of_lines_flags_and_refusals() -> None:
    """Nor does it leave a field behind."""
    for off, suggest in zip(sets("off"), sets("suggest"), strict=True):
        assert "drug_lines" not in vars(off)
        for field in ("lines", "flags", "not_billed", "status", "tables", "sources"):
            assert dumps(getattr(off, field)) == dumps(getattr(suggest, field)), (off.encounter_id, field)


def test_released_drugs_stand_behind_the_same_administration_lines() -> None:
    """The bytes of every other line are those without drugs."""
    for off, released in zip(sets("off"), sets("release"), strict=True):
        assert dumps(released.lines[: len(off.lines)]) == dumps(off.lines), off.encounter_id
        assert all(line.code[0].isalpha() for line in released.lines[len(off.lines) :])
