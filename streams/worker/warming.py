"""
Policies, tables and readers loaded before the first event comes, by coding a stay that never was.

They are read when they are first asked for, a third of a second together: the first patient to leave after a start
would wait for it.
"""

import gc
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from threading import Thread
from typing import Any, Final, get_args

from orjson import dumps

from models.field import Setting
from rules.engine import Profile, code_encounter
from rules.policy.switches import PolicyError
from rules.site_folder import SiteFolderError
from streams.encounter.fold import fold
from streams.wire.charge_json import written
from streams.wire.event_reader import validate_lines

_GIVEN: Final[tuple[tuple[str, int, dict[str, Any]], ...]] = (
    ("infusion_started", 0, {"drug": {"name": "ceftriaxone"}, "dose": 1, "dose_unit": "g"}),
    ("infusion_stopped", 91, {}),
    ("push_given", 100, {"drug": {"name": "ondansetron"}, "dose": 4, "dose_unit": "mg"}),
    ("infusion_started", 110, {"drug": {"name": "sodium chloride 0.9%"}, "intent": "hydrate", "indication": "dehydration"}),
    ("infusion_stopped", 190, {}),
)  # fmt: skip
"""What is given, how many minutes after eight, and what is charted of it: enough for each family of codes to be asked."""


COLLECTED_AT: Final = 20_000, 20, 20
"""
Objects more than at the last collection before the next, and of how many the next older ones are gone through too; 700, 10
and 10 as Python comes. Nearly all that a batch makes goes by itself, and a collection goes through every stay at hand: at
2,000 events a second two a second of four milliseconds and one in four of 25, in which patients left.
"""


def warm_beside(profile: Profile) -> Thread:
    """Warm in a thread beside the start, and return it, for the group takes seconds to form; what is loaded then stays loaded."""
    thread = Thread(target=_warm_and_keep, args=(profile,), name="warming", daemon=True)
    thread.start()
    return thread


def _warm_and_keep(profile: Profile) -> None:
    warm(profile)
    # Modules, policies and tables are no garbage: whoever leaves must not wait while the collector goes through them.
    gc.freeze()
    gc.set_threshold(*COLLECTED_AT)


def warm(profile: Profile, day: date | None = None) -> None:
    """Code a made-up stay of a day, today unless given, in each setting; what is wrong with a profile is told elsewhere."""
    on = datetime.combine(day or datetime.now(UTC).date(), time(8), UTC)
    for setting in get_args(Setting):
        with suppress(PolicyError, SiteFolderError):
            written(code_encounter(fold(validate_lines(_lines(setting, on))), profile).charge_set)


def _lines(setting: str, on: datetime) -> list[bytes]:
    opened: dict[str, Any] = {"setting": setting, "payer": "medicare", "time_zone": "UTC"}
    told = [("encounter_opened", -10, opened), *_GIVEN, ("encounter_discharged", 200, {})]
    lines = []
    given = 0
    for number, (kind, minutes, fields) in enumerate(told):
        given += kind in {"infusion_started", "push_given"}
        about = {} if kind.startswith("encounter") else {"administration_id": f"warm-{given}"}
        if "drug" in fields:
            about |= {"route": "IV", "site_id": "warm"}
        event = {"type": kind, "event_id": f"warm-{number}", "encounter_id": "warm", "source": "warm"}
        lines.append(dumps({**event, "occurred_at": on + timedelta(minutes=minutes), **about, **fields}))
    return lines
