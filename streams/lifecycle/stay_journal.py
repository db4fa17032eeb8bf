"""
What is written of a long stay: a snapshot of all its events now and then, and between two an entry for what is new.

Written whole at each checkpoint, a stay of a thousand events writes each of them hundreds of times. An entry has the new
events and all else of the stay, deflated with the snapshot before it as dictionary, which they repeat: some forty bytes.
The snapshot lies under the stay's key, entries under keys of their own beside it, numbered from 0. An entry names the
snapshot it goes on from, so that those of an older one, which a crash may leave, are told from the newest. Pure.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from struct import Struct
from typing import Final
from zlib import DEF_MEM_LEVEL, compressobj, crc32, decompressobj

from orjson import dumps, loads

from streams.lifecycle.state import (
    FORMAT,
    HEAD,
    PHASES,
    WHOLE,
    EncounterState,
    Journal,
    Phase,
    UnknownFormatError,
    add_lines,
    deadline_of,
    from_bytes,
    last_source_of,
    packed_head,
)

JOURNAL_FROM: Final = 4 << 10
"""Bytes of events up to which a stay is written whole: writing so few again costs no more than an entry does."""

GROWTH: Final = 8
"""A new snapshot is written when the entries hold so many times the events of the one before."""

_MARK: Final = b"\1"
"""In front of an encounter id in an entry's key; ids hold no such character, nor the one behind it."""

_BEHIND: Final = b"\0"
_NUMBER: Final = Struct(">I")
_ENTRY: Final = Struct(">BI")
"""Behind an entry's head: the phase, so that it can be told without the rest, and the snapshot's name."""

_RAW: Final = -15
_LEVEL: Final = 6
_ENTRY_MEMORY: Final = 5
"""Zlib's working memory for so little: making more ready takes longer than the work."""

_DICTIONARY: Final = 4 << 10
_MOST_OF_ABOUT: Final = 16 << 10


def journal_key(encounter: bytes, number: int) -> bytes:
    """Return the key of an entry."""
    return _MARK + encounter + _BEHIND + _NUMBER.pack(number)


def entry_of(key: bytes | None) -> tuple[bytes, int] | None:
    """Return the encounter and the number that an entry's key names; None for the key of anything else."""
    if key is None or not key.startswith(_MARK):
        return None
    encounter, _, number = key[1:].partition(_BEHIND)
    return encounter, _NUMBER.unpack(number)[0]


def changes(state: EncounterState, key: bytes) -> tuple[dict[bytes, bytes | None], Journal | None]:
    """
    Return what is to be written of a stay, by key, None for what is to go; and its journal once that is written.

    What was written before is known by the journal the state has now, so that it may be asked for again.
    """
    before = state.journal
    short = state.size_bytes <= JOURNAL_FROM
    if before is None and short:
        return {key: state.to_bytes()}, None
    if before is not None and not short and not _outgrown(state, before):
        return _entry(state, before, key)
    written: dict[bytes, bytes | None] = {}
    after = None
    if short:
        written[key] = state.to_bytes()
    else:
        written[key], after = _snapshot(state)
    # Behind the snapshot: cut short in between, entries are left that name another, and nothing is missing.
    for number in range(before.entries if before is not None else 0):
        written[journal_key(key, number)] = None
    return written, after


def _outgrown(state: EncounterState, journal: Journal) -> bool:
    return (
        journal.size_bytes > GROWTH * journal.snapshot_bytes
        or len(state.events) < journal.events
        # Hardly anything comes of a final stay any more, and it is kept for months.
        or (state.phase == "final" and journal.phase != "final" and journal.entries > 0)
    )


def _snapshot(state: EncounterState) -> tuple[bytes, Journal]:
    lines = list(state.lines())
    rest = b"\n".join(lines)
    name = crc32(rest)
    about = dumps([*state.about(), last_source_of(lines[-1]) if lines else None, name])
    deflating = compressobj(_LEVEL, wbits=_RAW)
    stored = packed_head(FORMAT, state.due_at) + about + b"\n" + deflating.compress(rest) + deflating.flush()
    return stored, _written(state, _begun(name, rest, about))


def _begun(name: int, rest: bytes, about: bytes) -> Journal:
    return Journal(name, len(rest), rest[-_DICTIONARY:] + about[:_MOST_OF_ABOUT])


def _written(state: EncounterState, journal: Journal) -> Journal:
    journal.events, journal.phase = len(state.events), state.phase
    journal.merged = {name: len(lines) for name, lines in state.merged_events.items()}
    return journal


def _entry(state: EncounterState, before: Journal, key: bytes) -> tuple[dict[bytes, bytes | None], Journal]:
    lines = list(_newest(state.events, len(state.events) - before.events))
    for name, theirs in state.merged_events.items():
        lines += _newest(theirs, len(theirs) - before.merged.get(name, 0))
    size = sum(map(len, lines))
    memory = _ENTRY_MEMORY if size < JOURNAL_FROM else DEF_MEM_LEVEL
    deflating = compressobj(_LEVEL, wbits=_RAW, memLevel=memory, zdict=before.dictionary)
    body = b"\n".join([dumps(state.about()), *lines])
    stored = (
        packed_head(FORMAT, state.due_at)
        + _ENTRY.pack(PHASES.index(state.phase), before.snapshot)
        + deflating.compress(body)
        + deflating.flush()
    )
    after = _written(state, Journal(before.snapshot, before.snapshot_bytes, before.dictionary))
    after.entries, after.size_bytes = before.entries + 1, before.size_bytes + size
    return {journal_key(key, before.entries): stored}, after


def _newest(lines: dict[bytes, None], count: int) -> list[bytes]:
    return list(islice(reversed(lines), count))[::-1]


def read_stay(stored: bytes, entry: Callable[[int], bytes | None]) -> EncounterState:
    """
    Return the state that a store has under a stay's key and in the entries beside it; ``entry`` returns one by number.

    Raises:
        UnknownFormatError: a newer worker wrote it, or it is none.
    """
    due_at = deadline_of(stored)
    if stored[0] <= WHOLE:
        return from_bytes(stored)
    about, _, deflated = stored[HEAD.size :].partition(b"\n")
    listed = loads(about)
    state = EncounterState(listed[0], 0)
    own, merged, (_, name) = state.take_about(listed, due_at)
    rest = decompressobj(_RAW).decompress(deflated)
    state.size_bytes = len(rest)
    add_lines(state, rest, own, merged)
    journal = state.journal = _written(state, _begun(name, rest, about))
    while (more := entry(journal.entries)) is not None and _names(more) == name:
        _append(state, journal, more)
    return state


def _append(state: EncounterState, journal: Journal, stored: bytes) -> None:
    inflated = decompressobj(_RAW, journal.dictionary).decompress(stored[HEAD.size + _ENTRY.size :])
    about, _, lines = inflated.partition(b"\n")
    own, merged, _ = state.take_about(loads(about), deadline_of(stored))
    fresh = {name: count - journal.merged.get(name, 0) for name, count in merged.items()}
    add_lines(state, lines, own - journal.events, fresh)
    state.size_bytes += len(lines)
    journal.entries += 1
    journal.size_bytes += len(lines)
    _written(state, journal)


def _names(entry: bytes) -> int:
    if len(entry) < HEAD.size + _ENTRY.size or entry[0] != FORMAT:
        raise UnknownFormatError(entry[0] if entry else 0)
    name: int = _ENTRY.unpack_from(entry, HEAD.size)[1]
    return name


def goes_on(stored: bytes | None, entry: bytes) -> bool:
    """Tell whether an entry goes on from what is stored under its stay's key."""
    if stored is None or stored[0] <= WHOLE:
        return False
    return bool(loads(stored[HEAD.size :].partition(b"\n")[0])[-1] == _names(entry))


def summary_of(entry: bytes) -> tuple[Phase, int | None]:
    """
    Return phase and deadline of a stay as an entry tells them.

    Raises:
        UnknownFormatError: a newer worker wrote it.
    """
    _names(entry)
    return PHASES[_ENTRY.unpack_from(entry, HEAD.size)[0]], deadline_of(entry)


def kept_stays(items: Mapping[bytes, bytes | None]) -> Iterator[EncounterState]:
    """Yield the stays among all that a table or a compacted changelog has, by key."""
    for key, stored in items.items():
        if stored is not None and key[:1] not in {_MARK, _BEHIND}:
            yield read_stay(stored, partial(_beside, items, key))


def _beside(items: Mapping[bytes, bytes | None], key: bytes, number: int) -> bytes | None:
    return items.get(journal_key(key, number))
