"""
Patients who are here now, while the demo goes on: something is asked at their beds, and answered a little later. Pure.

The day that is played in was yesterday's, and about it nobody can be asked any more.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

_LEFT_OPEN: Final = 4
"""Of so many patients one leaves before anybody says when the infusion stopped: the review queue asks on."""


def arrives(number: int, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield what was charted of a patient until now: an infusion past its planned end, or one that pauses, in turns."""
    late = 20 if number % 3 else 45
    yield _event(
        number,
        "opened",
        "encounter_opened",
        now,
        120,
        payer="commercial",
        setting="facility",
        facility="NORTH",
        department="infusion",
    )
    drug: dict[str, Any] = {
        "drug": {"name": "ceftriaxone"},
        "route": "IV",
        "site_id": "left arm",
        "order_id": f"WARD-{number}",
    }
    if number % 2:
        yield _event(
            number,
            "started",
            "infusion_started",
            now,
            60 + late,
            administration_id="A1",
            planned_minutes=60,
            **drug,
        )
        return
    yield _event(number, "started", "infusion_started", now, 80 + late, administration_id="A1", **drug)
    yield _event(number, "paused", "infusion_paused", now, 15 + late, administration_id="A1")


def leaves(number: int, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield the answer, where somebody charts it, and the patient's departure."""
    if number % _LEFT_OPEN != 1:
        if not number % 2:
            yield _event(number, "resumed", "infusion_resumed", now, 12, administration_id="A1")
        yield _event(number, "stopped", "infusion_stopped", now, 2, administration_id="A1")
    yield _event(number, "left", "encounter_discharged", now, 1)


def _event(number: int, name: str, kind: str, now: datetime, minutes_ago: int, **more: Any) -> dict[str, Any]:
    at = (now - timedelta(minutes=minutes_ago)).isoformat(timespec="seconds")
    return {
        "type": kind, "event_id": f"WARD-{number}-{name}", "encounter_id": f"WARD-{number}", "source": "emar", "occurred_at": at,
    } | more  # fmt: skip
