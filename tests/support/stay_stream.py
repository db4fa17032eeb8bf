"""One stay on its way through the worker's processors, without a broker: what each step writes, by topic."""

from encounter_states import Shelf, records

from rules.engine import Profile
from streams.charging.closed_encounter_processor import code_records
from streams.charging.release_state import ReleaseState
from streams.lifecycle.processed_records import ProcessedRecords
from streams.wire import topics


class Stream:
    """A stay on its way through the worker: events in, charge sets, line changes and questions out."""

    def __init__(self, profile: Profile = Profile()) -> None:  # noqa: B008 a named tuple is immutable
        self.profile = profile
        self.shelf = Shelf()
        self.taken = 0
        self.closings = 0
        self.state: ReleaseState | None = None

    def take(self, *lines: bytes, at: int) -> ProcessedRecords:
        """Take in events."""
        self.taken += len(lines)
        return self.shelf.follow(*lines, at=at, first=self.taken - len(lines))

    def coded(self, found: ProcessedRecords) -> dict[str, list[bytes | None]]:
        """Return the values that the closings among some messages are answered with, by topic."""
        values = [message.value for message in found.messages if message.topic == topics.CLOSED]
        out = code_records(records(*values, first=self.closings), 1, 0, lambda _: self.state, self.profile)
        self.closings += len(values)
        self.state = next(iter(out.states.values()), self.state)
        said: dict[str, list[bytes | None]] = {}
        for message in out.messages:
            said.setdefault(message.topic, []).append(message.value)
        return said
