"""Thousands of faults in one stay: each is told, and the stay is gone through a few times, not once for each of them."""

from collections.abc import Iterator
from typing import Any

import pytest
from orjson import dumps

from rules.engine import Profile
from streams.batch.coder import code_stay
from streams.batch.stay_problems import faults
from streams.encounter.event_problems import SourcedEvent, conflicts

MANY = 300


class Counted(list[SourcedEvent]):
    """Entries that count how often somebody goes through them."""

    passes = 0

    def __iter__(self) -> Iterator[SourcedEvent]:
        self.passes += 1
        return super().__iter__()


def stay(*events: dict[str, Any]) -> list[tuple[int, int, bytes]]:
    """Return the lines of a stay with these events, an hour apart from its opening."""
    about = {"encounter_id": "E1", "occurred_at": "2026-03-02T08:00:00-05:00"}
    opened = {"type": "encounter_opened", "event_id": "o", "setting": "facility", "payer": "medicare"}
    left = {"type": "encounter_discharged", "event_id": "d", "occurred_at": "2026-03-02T23:00:00-05:00"}
    return [
        (0, number, dumps(about | {"event_id": f"e{number}"} | one))
        for number, one in enumerate((opened, *events, left), 1)
    ]


GIVEN = {"drug": {"name": "ceftriaxone"}, "route": "IV", "site_id": "left"}
FAULTY = {
    "no stop": [{"type": "infusion_started", "administration_id": f"A{n}", **GIVEN} for n in range(MANY)],
    "no drug anybody knows": [
        {"type": "push_given", "administration_id": f"A{n}", **(GIVEN | {"drug": {"name": "zzqx"}})}
        for n in range(MANY)
    ],
    "no start": [{"type": "infusion_stopped", "administration_id": f"A{n}"} for n in range(MANY)],
}


@pytest.mark.parametrize("events", [pytest.param(given, id=what) for what, given in FAULTY.items()])
def test_each_fault_points_at_its_own_line_and_the_stay_is_read_no_oftener_for_more_of_them(
    events: list[dict[str, Any]],
) -> None:
    """Lines 2 to 301, each named once; and twice the faults are twice the work."""
    outcome = code_stay("E1", stay(*events), Profile())
    assert sorted(one.line for one in outcome.faults) == [*range(2, MANY + 2)]
    passes = []
    for some in (events[:10], events):
        (coded,) = code_stay("E1", stay(*some), Profile()).stays
        entries = Counted(SourcedEvent(event, (0, n, b"")) for n, event in enumerate(coded.events, 1))
        assert len(list(faults(coded.coding.charge_set, entries))) == len(some)
        passes.append(entries.passes)
    assert passes[0] == passes[1]


def test_a_stay_of_nothing_but_refusals_has_no_faults_to_point_at() -> None:
    """Its lines were refused in words of their own."""
    outcome = code_stay("E1", [(0, 1, b'{"encounter_id":"E1"}')], Profile())
    assert (len(outcome.rejects), outcome.faults) == (1, ())


def test_one_id_with_many_contents_is_told_once_for_each_content() -> None:
    """The first is the one the others are compared with; a repeat of one is no further content."""
    pushes = [
        {"type": "push_given", "event_id": "p", "administration_id": f"A{n % 50}", **GIVEN}
        for n in range(100)
    ]
    (coded,) = code_stay("E1", stay(*pushes), Profile()).stays
    entries = [SourcedEvent(event, (0, n, b"")) for n, event in enumerate(coded.events, 1)]
    assert [one.line for one in conflicts(coded.encounter, entries)] == [*range(3, 52)]
