"""
Coding in the batch that closes a stay: its charges go with the checkpoint that has its closed encounter. Pure.

The agent that reads closed encounters codes the others: what could not be coded here, and what a crash left.
"""

from collections.abc import Callable

from rules.engine import Profile
from rules.policy.resolve import PolicyError
from rules.site_folder import SiteFolderError
from streams.charging.closed_encounter_processor import too_large
from streams.charging.coding_counts import CodingCounts
from streams.charging.release import Release, messages_of, release_at_once
from streams.charging.release_state import Cause, Committed, ReleaseState, UnreadableReleaseError
from streams.wire.closed_encounter_json import ClosedEncounter
from streams.wire.cloud_events import traceparent
from streams.wire.message import OutboundMessage
from streams.wire.message_size import fits

StayIs = Callable[[bytes], bool]
"""Tells something of the stay under a key."""


class CodingAtOnce:
    """
    Codes the stays that one batch closes, each once.

    ``cause`` is the last record of the batch. ``may`` tells whether a stay may be coded here: nothing of it waits on the
    topic of closed encounters. ``sends`` tells whether this worker sends what is pending of a stay.
    """

    def __init__(
        self, cause: Cause, committed: Committed, load: Callable[[bytes], ReleaseState | None], profile: Profile,
        may: StayIs, sends: StayIs,
    ) -> None:  # fmt: skip
        self.cause, self._committed, self._load, self._profile = cause, committed, load, profile
        self._may, self._sends = may, sends
        self.states: dict[bytes, ReleaseState] = {}
        """To be kept, by key."""
        self.messages: list[OutboundMessage] = []
        """For the partition of the batch."""
        self.counts = CodingCounts()
        self.coded: dict[bytes, int] = {}
        """The version of each stay coded here, by key."""
        self.left: list[bytes] = []
        """The keys of those that are left to the agent."""
        self.resent: list[bytes] = []
        """The keys of those among them whose pending messages go along."""

    def code(self, closed: ClosedEncounter, message: OutboundMessage) -> bool:
        """
        Code a closed encounter that goes out as this message; False where that is left to the agent.

        Raises:
            PolicyError: the profile names what does not exist.
            SiteFolderError: a file of the site's cannot be used.
            UnreadableReleaseError: a newer worker wrote the state of the stay.
        """
        key = closed.encounter_id.encode()
        previous = self._load(key)
        sent, trace = self._sends(key), traceparent(message.headers)
        released = self._released(previous, closed, sent, trace) if self._may(key) and fits(message) else None
        if released is None:
            if previous is not None and not sent:  # a former owner's, and no record of it may come again
                self.messages += messages_of(previous, closed.encounter_id, self._committed, trace)
                self.resent.append(key)
            if fits(message):
                self.left.append(key)  # else its reject goes out in its place, and nobody codes it
            return False
        self.messages += released.messages
        self.coded[key] = closed.version
        if released.state is not None:
            self.states[key] = released.state
            if previous is None or previous.revision != released.state.revision:
                self.counts.take(closed, previous, released.state)
        return True

    def _released(
        self, previous: ReleaseState | None, closed: ClosedEncounter, sent: bool, trace: bytes | None  # noqa: FBT001 - one of four
    ) -> Release | None:  # fmt: skip
        try:
            released = release_at_once(
                previous, closed, self._profile, self.cause,
                committed=self._committed, sent=sent, traceparent=trace,
            )  # fmt: skip
        except (PolicyError, SiteFolderError, UnreadableReleaseError):
            raise  # wrong for every stay
        except Exception:  # noqa: BLE001 - the agent refuses it in words
            return None
        return None if too_large(released) else released
