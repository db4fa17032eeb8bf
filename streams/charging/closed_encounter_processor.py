"""The processor of closed encounters: what the agent ``code`` does with a batch of records. Pure."""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from rules.engine import Profile
from rules.policy.resolve import PolicyError
from rules.site_folder import SiteFolderError
from streams.charging.coding_counts import CodingCounts
from streams.charging.release import Release, release
from streams.charging.release_state import ReleaseState, UnreadableReleaseError, to_bytes
from streams.wire import topics
from streams.wire.closed_encounter_json import NotAClosedEncounterError, from_bytes
from streams.wire.cloud_events import traceparent
from streams.wire.message import OutboundMessage, Record
from streams.wire.message_size import TOO_LARGE, fits, reject_message, room_on, size_of
from streams.wire.reject_kinds import kind_of
from streams.wire.rejects import WHOLE_LINE, Reject, fault_of_ours

_FAULT: Final = fault_of_ours("it was coded")


_LARGE: Final = 1 << 20
"""Bytes of a stay's messages from which on its state is looked at too: it holds them, and those not committed yet."""


def _too_large(released: Release) -> bool:
    """Tell whether a topic would refuse a message of a stay, or its changelog the state; then the worker would stop."""
    if not all(map(fits, released.messages)):
        return True
    if released.state is None or sum(map(size_of, released.messages)) < _LARGE:
        return False
    return len(to_bytes(released.state)) > room_on(topics.RELEASES_CHANGELOG)


class CodedRecords(NamedTuple):
    """The results of a batch: states to keep by key, messages for this partition, how many failed, and counts."""

    states: dict[bytes, ReleaseState]
    messages: list[OutboundMessage]
    faults: int
    counts: CodingCounts


def code_records(
    records: Iterable[Record],
    partition: int,
    committed: int,
    load: Callable[[bytes], ReleaseState | None],
    profile: Profile,
) -> CodedRecords:
    """
    Code closed encounters; one that cannot be coded is refused, and the others are coded.

    Every message that answers a record before ``committed``, the committed offset, is known to have been sent.

    Raises:
        PolicyError: the profile names what does not exist.
        UnreadableReleaseError: a newer worker wrote the state of a stay.
    """
    states: dict[bytes, ReleaseState] = {}
    messages: list[OutboundMessage] = []
    faults = 0
    counts = CodingCounts()

    def refuse(record: Record, reject: Reject) -> None:
        counts.rejects[kind_of(reject)] += 1
        place = (topics.CLOSED, partition, record.offset)
        messages.append(reject_message(record.key, record.value, record.headers, reject.reason, *place))

    for record in records:
        try:
            closed = from_bytes(record.value or b"")
        except NotAClosedEncounterError as error:
            refuse(record, Reject(WHOLE_LINE, "not a closed encounter", str(error).rpartition("; ")[2]))
            continue
        key = closed.encounter_id.encode()
        try:
            previous = states.get(key) or load(key)
            trace = traceparent(record.headers)
            released = release(
                previous, closed, profile, record.offset, committed=committed, traceparent=trace
            )
        except (PolicyError, SiteFolderError, UnreadableReleaseError):
            raise  # wrong for every stay: the worker stops, and is started rightly
        except Exception:  # noqa: BLE001 - one stay the rules stumble over must not stop all others
            faults += 1
            refuse(record, _FAULT)
            continue
        if _too_large(released):
            refuse(record, TOO_LARGE)
            continue
        messages += released.messages
        if released.state is not None:
            states[key] = released.state
            if previous is None or previous.revision != released.state.revision:
                counts.take(closed, previous, released.state)
    return CodedRecords(states, messages, faults, counts)
