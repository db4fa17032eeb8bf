"""The work every contender does, by the functions the worker itself uses; only who calls them differs."""

from collections.abc import Callable, Iterable, Sequence
from time import time
from typing import Any, Final, Generic, NamedTuple, TypeVar

from models.encounter import Encounter
from rules.emission import Emission, emission_of
from rules.engine import Profile
from streams.charging.closed_encounter_processor import CodedRecords, code_records
from streams.charging.release_state import ReleaseState
from streams.lifecycle.event_processor import EncounterProcessor
from streams.lifecycle.processed_records import ProcessedRecords
from streams.lifecycle.state import EncounterState
from streams.lifecycle.timeouts import Timeouts
from streams.wire import topics

AT_ONCE: Final = Timeouts(grace=0, quiet_period=0)
"""A stay is coded when its departure is read."""

PROFILE: Final = Profile()
MOST_LIVE: Final = 50_000


class Read(NamedTuple):
    """One record as the fold wants it."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


def follow(
    topic: str,
    partition: int,
    records: Iterable[Any],
    load: Callable[[str], EncounterState | None],
    at_home: Callable[[str], bool] = lambda _: True,
) -> ProcessedRecords:
    """Fold events, or obey commands, and settle the stays they touched."""
    batch = EncounterProcessor(topic, partition, int(time()), load, at_home)
    (batch.process_events if topic == topics.EVENTS else batch.process_commands)(records)
    return batch.finish(AT_ONCE, _emission)


def code(
    partition: int, records: Iterable[Any], load: Callable[[bytes], ReleaseState | None], settled: int = 0
) -> CodedRecords:
    """Code closed encounters."""
    return code_records(records, partition, settled, load, PROFILE)


def _emission(encounter: Encounter) -> Emission:
    return emission_of(encounter, PROFILE)


State = TypeVar("State")


class Live(Generic[State]):
    """
    States as objects, beside the bytes a framework keeps of them, so that none is read again without need.

    The framework's bytes decide: where they are not those of the object, they are read. Without this the others
    would parse a stay's events anew for each of its events, and the comparison would be with that.
    """

    def __init__(self, read: Callable[[bytes], State]) -> None:
        self._read = read
        self._held: dict[bytes, tuple[bytes, State]] = {}

    def of(self, key: bytes, written: bytes | None) -> State | None:
        """Return the state of a key, whose bytes are these."""
        if written is None:
            return None
        held = self._held.get(key)
        return held[1] if held is not None and held[0] == written else self._read(written)

    def keep(self, key: bytes, written: bytes, state: State) -> None:
        """Note a state and the bytes the framework was given."""
        if len(self._held) > MOST_LIVE:
            self._held.clear()
        self._held[key] = (written, state)
