"""
The state of one encounter: the value in the state store, and its bytes.

The events themselves are kept, as they were sent, until the stay is forgotten: a correction that comes before
what it corrects, a repetition, a merge taken back then need no case of their own. A short stay is written whole each
time; what is written of a long one is in ``stay_journal``.
"""

import re
from collections.abc import Iterator
from itertools import chain, islice
from struct import Struct
from typing import Any, Final, Literal, NamedTuple, get_args

from orjson import dumps, loads

from models.closed_encounter import ClosedStatus, ClosingReason
from models.encounter import Standing
from streams.lifecycle.running_infusions import RunningInfusions
from streams.lifecycle.stay_accounts import StayAccounts, accounts_from

Phase = Literal["open", "closed", "final", "forgotten"]
"""
Open: nothing final was said of it. Closed: coded, and waiting for the confirm window to pass. Final: coded for
good, until an event says otherwise. Forgotten: only the fact that it was there is left.
"""

Due = Literal["close", "inactive", "overdue", "preview", "confirm", "forget", "retry"]
"""What happens at the deadline; ``retry`` folds again a stay that could not be folded."""

FORMAT: Final = 3
"""Of the bytes. A worker reads every format up to its own; what an older one wrote is rewritten when it changes."""

WHOLE: Final = 2
"""The format of a short stay, with its events in it as they were sent; a long one has them deflated, and a journal."""

HEAD: Final = Struct(">Bq")
_NEVER: Final = (1 << 62) - 1
_DEPARTED: Final = 9
_LAST_EVENT: Final = 11
_SOURCE: Final = re.compile(rb'"source"\s*:\s*"([^"\\]{1,200})"')
PHASES: Final[tuple[Phase, ...]] = get_args(Phase)


class UnknownFormatError(ValueError):
    """The state of a stay was written by a newer worker, or is none."""

    def __init__(self, stored_format: int) -> None:
        super().__init__(
            f"a kept stay has format {stored_format}, and this worker reads up to {FORMAT}; "
            "start the version that wrote it, or a newer one"
        )


class Told(NamedTuple):
    """How many lines of which stays each stay was told that merges connect with this one."""

    events: dict[str, dict[str, int]]
    """Of all their events."""
    links: dict[str, dict[str, int]]
    """Of those that decide where they went."""


class EncounterState:
    """One stay: its events, those of stays merged with it, and what was last said of it. Instants in epoch seconds."""

    __slots__ = (
        "accounts",
        "closed_at",
        "confirm_window_s",
        "departed_at",
        "due_at",
        "due_for",
        "encounter_id",
        "events",
        "events_shared",
        "events_when_closed",
        "first_event_at",
        "has_merges",
        "indexed_at",
        "journal",
        "last_event_at",
        "links",
        "merged_events",
        "offsets",
        "parsed",
        "phase",
        "preview_while_open",
        "reason",
        "refused",
        "running",
        "size_bytes",
        "standing",
        "standing_stale",
        "status",
        "told",
        "version",
    )

    def __init__(self, encounter_id: str, at: int) -> None:
        self.encounter_id = encounter_id
        self.events: dict[bytes, None] = {}
        """Its events as sent, each once, in the order in which they came."""
        self.merged_events: dict[str, dict[bytes, None]] = {}
        """The events of every stay that merges connect with it, by encounter."""
        self.phase: Phase = "open"
        self.version = 0
        """Of the closed encounter last sent; 0 before the first."""
        self.status: ClosedStatus = "preview"
        self.closed_at = 0
        self.reason: ClosingReason = "provisional"
        self.events_when_closed = 0
        """How many events it was folded from when it was last closed."""
        self.events_shared = 0
        """How many events it had when it last told the stays that merges connect with it."""
        self.told = Told({}, {})
        self.standing: Standing = "open"
        self.departed_at: int | None = None
        self.first_event_at = at
        self.last_event_at = at
        self.due_at: int | None = None
        self.due_for: Due | None = None
        self.offsets: dict[str, int] = {}
        """The last offset of each topic that is in here: what comes at or before it came before."""
        self.standing_stale = False
        """Whether an event since the last look may have changed its standing."""
        self.has_merges = False
        """Whether any event names it together with another stay."""
        self.confirm_window_s = 0
        """P-31 of its policy, in seconds."""
        self.preview_while_open = False
        """P-30 of its policy: whether its charges are sent, as a preview, before it closes."""
        self.size_bytes = 0
        """Bytes of all its events."""
        self.refused: dict[str, tuple[str, int]] = {}
        """Its events that were refused for having no effect: which, and the topic and offset of what showed it."""
        self.accounts: StayAccounts | None = None
        """What it knows of its patient's other stays; None while its patient has no key."""
        self.indexed_at: int | None = None
        """The earliest deadline under which the index of deadlines has it; never written."""
        self.parsed: dict[bytes, Any] = {}
        """Events already read, to save reading them again; never written."""
        self.journal: Journal | None = None
        """How far a long stay is written, and in which parts; None for one that is written whole."""
        self.links: dict[str, Any] = {}
        """Where it and the stays it knows of went, by encounter; never written."""
        self.running = RunningInfusions()
        """Its infusions, for figures; never written."""

    def event_count(self) -> int:
        """Return how many events are known, linked ones included."""
        return (
            len(self.events) + sum(map(len, self.merged_events.values()))
            if self.merged_events
            else len(self.events)
        )

    def to_bytes(self) -> bytes:
        """Return the bytes of a stay kept whole: a fixed head with the deadline, a line of JSON, then the events, one a line."""
        return b"\n".join([packed_head(WHOLE, self.due_at) + dumps(self.about()), *self.lines()])

    def about(self) -> list[Any]:
        """Return all but its events, as a list for JSON."""
        return [
            self.encounter_id, self.phase, self.version, self.status, self.closed_at, self.reason, self.events_when_closed,
            self.events_shared, self.standing, self.departed_at, self.first_event_at, self.last_event_at, self.due_for,
            self.offsets, self.standing_stale, self.has_merges, self.confirm_window_s, self.preview_while_open,
            len(self.events), {name: len(lines) for name, lines in self.merged_events.items()}, self.refused,
            None if self.accounts is None else self.accounts.plain(),
            list(self.told) if any(self.told) else None,
        ]  # fmt: skip

    def lines(self) -> Iterator[bytes]:
        """Return every event, its own first."""
        return chain(self.events, *self.merged_events.values())

    def take_about(self, about: list[Any], due_at: int | None) -> tuple[int, dict[str, int], list[Any]]:
        """
        Become what ``about`` told, but for the events.

        Returns how many events it has of its own, how many of each merged stay, and what the list has beyond.
        """
        (
            _, phase, self.version, self.status, self.closed_at, self.reason, self.events_when_closed,
            self.events_shared, self.standing, self.departed_at, self.first_event_at, self.last_event_at, self.due_for,
            self.offsets, self.standing_stale, self.has_merges, self.confirm_window_s, self.preview_while_open,
            event_count, merged_counts, refused, *later,
        ) = about  # fmt: skip
        self.phase = phase if phase in PHASES else "open"
        self.due_at = self.indexed_at = due_at
        self.refused = {name: (topic, offset) for name, (topic, offset) in refused.items()}
        # Release 26.11.0 knew nothing of accounts, and the next one told each stay everything.
        accounts, told, *rest = (*later, None, None)[: max(2, len(later))]
        self.accounts = accounts_from(accounts, self.encounter_id)
        self.told = Told(*told) if told else Told({}, {})
        return event_count, merged_counts, rest


class Journal:
    """What of a long stay lies in the store: a snapshot, and entries that go on from it."""

    __slots__ = (
        "dictionary",
        "entries",
        "events",
        "merged",
        "phase",
        "size_bytes",
        "snapshot",
        "snapshot_bytes",
    )

    def __init__(self, snapshot: int, snapshot_bytes: int, dictionary: bytes) -> None:
        self.snapshot = snapshot
        """Names the snapshot: the checksum of its events."""
        self.snapshot_bytes = snapshot_bytes
        """Of the events in the snapshot, before they were deflated."""
        self.dictionary = dictionary
        """What entries are deflated with: they repeat the snapshot."""
        self.entries = 0
        """How many entries go on from the snapshot."""
        self.size_bytes = 0
        """Of the events in those, before they were deflated."""
        self.events = 0
        """How many of the stay's own events are written."""
        self.merged: dict[str, int] = {}
        """How many of each merged stay's."""
        self.phase: Phase = "open"
        """As written."""


def packed_head(stored_format: int, due_at: int | None) -> bytes:
    """Return the head of a kept stay: the format and its deadline."""
    return HEAD.pack(stored_format, _NEVER if due_at is None else due_at)


def deadline_of(stored: bytes) -> int | None:
    """
    Return the deadline of a kept stay, without reading the rest.

    Raises:
        UnknownFormatError: these are not the bytes of a kept stay, or of one too new.
    """
    if len(stored) < HEAD.size or not 1 <= stored[0] <= FORMAT:
        raise UnknownFormatError(stored[0] if stored else 0)
    _, due_at = HEAD.unpack_from(stored)
    return None if due_at == _NEVER else int(due_at)


def phase_of(stored: bytes) -> str:
    """Return the phase of a kept stay, without reading the rest."""
    # A list of JSON: the id, in which a quote is escaped, then the phase.
    begin = stored.find(b'","', HEAD.size) + 3
    return stored[begin : stored.find(b'"', begin)].decode()


def departed_of(stored: bytes) -> int | None:
    """Return when the patient of a kept stay left, in epoch seconds; None where nobody said so."""
    about = loads(stored[HEAD.size :].partition(b"\n")[0])
    departed_at: int | None = about[_DEPARTED]
    return departed_at


def last_event_of(stored: bytes) -> int:
    """Return when the newest event of a kept stay came, in epoch seconds."""
    last_event_at: int = loads(stored[HEAD.size :].partition(b"\n")[0])[_LAST_EVENT]
    return last_event_at


def last_source_of(stored: bytes) -> str | None:
    """Return the source of the last event of a kept stay, None where it names none."""
    found = _SOURCE.search(stored, stored.rfind(b"\n") + 1)
    return None if found is None else found[1].decode(errors="replace")


def from_bytes(stored: bytes) -> EncounterState:
    """
    Return the state that the bytes of a stay kept whole hold.

    Raises:
        UnknownFormatError: as ``deadline_of``.
    """
    due_at = deadline_of(stored)
    about, _, rest = stored[HEAD.size :].partition(b"\n")
    listed = loads(about)
    state = EncounterState(listed[0], 0)
    event_count, merged_counts, _ = state.take_about(listed, due_at)
    state.size_bytes = len(rest)
    add_lines(state, rest, event_count, merged_counts)
    return state


def add_lines(state: EncounterState, lines: bytes, own: int, merged: dict[str, int]) -> None:
    """Add events, one a line, so many of the stay's own first, then so many of each merged stay."""
    listed = iter(lines.split(b"\n") if lines else ())
    state.events.update(dict.fromkeys(islice(listed, own)))
    for name, count in merged.items():
        state.merged_events.setdefault(name, {}).update(dict.fromkeys(islice(listed, count)))
