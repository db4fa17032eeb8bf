"""A worker has read its policies and tables before the first patient leaves."""

import gc
from datetime import date
from typing import Any

import pytest

from models.event import EVENT
from rules.engine import Profile, code_encounter
from streams.encounter.fold import fold
from streams.worker.warming import COLLECTED_AT, warm, warm_beside

DAY = date(2026, 3, 2)
STAY: list[dict[str, Any]] = [
    {"type": "encounter_opened", "setting": "facility", "payer": "medicare", "time_zone": "America/New_York"},
    {
        "type": "push_given",
        "administration_id": "A",
        "drug": {"name": "ketorolac"},
        "route": "IV",
        "site_id": "s",
    },
    {"type": "encounter_discharged"},
]


def test_no_file_is_opened_to_code_the_first_stay_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes a third of a second is done."""
    warm(Profile(), DAY)
    events = [
        EVENT.validate_python({**said, "event_id": f"v{number}", "encounter_id": "E1", "occurred_at": "2026-03-02T08:00:00-05:00"})
        for number, said in enumerate(STAY)
    ]  # fmt: skip

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr("io.open", refuse)
    coded = code_encounter(fold(events), Profile()).charge_set
    assert [line.code for line in coded.lines] == ["96374"]


def test_what_is_loaded_is_no_garbage_and_the_collector_comes_seldom() -> None:
    """It would go through every stay at hand while patients leave."""
    before = gc.get_threshold()
    try:
        warm_beside(Profile()).join(timeout=60)
        assert gc.get_threshold() == COLLECTED_AT
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def test_what_is_wrong_with_a_profile_is_not_told_here() -> None:
    """The worker was told so before it started."""
    warm(Profile(policy="no-such-policy"), DAY)
