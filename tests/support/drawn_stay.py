"""What Hypothesis draws of a stay beside what was given: moves, an earlier stay, other services, refused events."""

from typing import Any

from drawn_day import Day
from hypothesis import strategies as st

from models.encounter import DepartmentPeriod, Procedure, RefusedEvent

WINDOWS = ("biopsy", "endoscopy")
SERVICES = (
    "portable_pump_refill",
    "implantable_pump_refill",
    "port_irrigation",
    "subcutaneous_pump_setup",
    "evaluation",
)
MINUTES = (-60, 0, 10, 31, 60, 91, 150, 300, 900)


def uncommon(day: Day) -> dict[str, Any]:
    """Draw what few stays have: a move to another department, an earlier stay of the day, other services."""
    told: dict[str, Any] = {}
    if day.rarely(6):
        told["departments"] = _departments(day)
    if day.rarely(8):
        told["follows_encounter_id"] = "E0"
    if day.rarely(5):
        told["procedures"] = _procedures(day)
    if day.rarely(30):
        told["refused_events"] = (RefusedEvent("R1", None, "occurred_at: missing"),)
    return told


def _departments(day: Day) -> tuple[DepartmentPeriod, ...]:
    """Draw two or three departments, in time order, the first from before anything was given."""
    moved = sorted(day.draw(st.lists(st.sampled_from(MINUTES), min_size=1, max_size=2, unique=True)))
    starts = [day.midnight - 3 * 3600, *(day.instant(minute) for minute in moved)]
    modifiers = [day.draw(st.sampled_from((None, "PO", "PN", "ER"))) for _ in starts]
    return tuple(
        DepartmentPeriod(start, f"D{number}", modifier)
        for number, (start, modifier) in enumerate(zip(starts, modifiers, strict=True))
    )


def _procedures(day: Day) -> tuple[Procedure, ...]:
    """Draw up to three other services: windows in which drugs may belong to them, devices served, set-ups."""
    drawn = []
    for number in range(day.draw(st.integers(1, 3))):
        started = day.instant(day.draw(st.sampled_from(MINUTES)))
        kind = day.draw(st.sampled_from(WINDOWS * 2 + SERVICES))
        lasted = day.draw(st.sampled_from((10, 60, None))) if kind in WINDOWS else None
        drawn.append(
            Procedure(f"P{number}", kind, started, None if lasted is None else started + 60 * lasted)
        )
    return tuple(sorted(drawn, key=lambda one: (one.started_at or 0, one.procedure_id)))
