"""The reasons why the worker refuses a record, in words a person can act on."""

from datetime import UTC, datetime
from typing import Final

from rules.screening.other_accounts import MOST_ACCOUNTS
from streams.wire.rejects import WHOLE_LINE, Reject, fault_of_ours

LONGEST: Final = 1 << 20
"""Bytes of one event, as for a line of a file: nothing a chart holds is longer."""

HEAVIEST: Final = 8 << 20
"""Bytes of all events of a stay: its state must fit into one record of the changelog."""

TOO_LONG: Final = Reject(WHOLE_LINE, f"longer than {LONGEST} bytes", "send an event of the contract")
EMPTY: Final = Reject(WHOLE_LINE, "no value", "send an event; a stay is taken back by encounter_cancelled")
TOO_HEAVY: Final = Reject(
    "encounter_id",
    f"the stay's events are more than {HEAVIEST} bytes",
    "look for a publisher that repeats itself",
)
FORGOTTEN: Final = Reject(
    "encounter_id",
    "the stay was closed and forgotten, so this event cannot be coded by itself",
    "bring the whole stay back with infusion recode --restore, then replay this reject",
)
FIRST_CODED: Final = datetime(2024, 7, 1, tzinfo=UTC).timestamp() - 24 * 3600
"""
Epoch seconds from which a stay may have been charged: the first day of the tables, and a day for zones.

An earlier stay was none that was purged. It is held behind F-NOT_IN_FORCE, here as in a file.
"""

LONG_PAST: Final = Reject(
    "occurred_at",
    "longer ago than anything is kept, and of an encounter nothing is known of: it may be one that was purged",
    "code the whole stay with infusion code, or send all of it with infusion recode --restore",
)
MERGED_INTO_FORGOTTEN: Final = Reject(
    "into_encounter_id",
    "the stay was closed and forgotten, so what was merged into it, or taken back, cannot be coded there",
    "bring the whole stay back with infusion recode --restore, then replay this reject",
)
TOO_MANY_ACCOUNTS: Final = Reject(
    "patient_key",
    f"more than {MOST_ACCOUNTS} encounters have one key, so that it is no patient's and tells of none of them",
    "ask who makes the keys; an empty record number has one too",
)
FAULT: Final = fault_of_ours("its stay was put together")
