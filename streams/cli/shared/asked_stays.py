"""Where a verb that resolves finds stays and sends answers: Kafka, or files of events."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

import click
from orjson import dumps
from pydantic import ValidationError

from models.charge import CHARGE_SET, ChargeSet
from models.event import Event
from rules.engine import Profile
from streams.cli.shared.inputs import display_names, open_input
from streams.encounter.fold import NoEventsError
from streams.kafka.connection import Connection
from streams.operations.kept_events import events_of_stay, unread_answers
from streams.operations.published import Positions, newest
from streams.operations.resolutions.effect import coded
from streams.operations.resolutions.stay_events import by_stay, events_from
from streams.operations.sent_answers import next_published, publish_answers, stays_answered
from streams.wire.event_json import may_be_merge
from streams.wire.rejects import Reject
from streams.wire.topics import CHARGES

Wire = Mapping[str, Any]


class Sent(NamedTuple):
    """What became of answers: how many events went out, and the charge set that came of them, where it was waited for."""

    events: int
    charge_set: ChargeSet | None
    waited: bool


class AskedStays(Protocol):
    """Stays about which questions are open; ``at_hand`` tells that asking for a stay's events costs nothing."""

    at_hand: bool
    rejected: int
    """Lines that could not be used, each of them named already."""

    def charge_sets(self, encounters: Collection[str] = ()) -> Sequence[ChargeSet]:
        """Return the newest charge set of each stay of which something is asked, or of those that are named."""

    def events(self, encounter_id: str) -> Sequence[Event]:
        """Return the events of a stay, and of stays that merges connect with it; none where nobody has them."""

    def answered(self, encounters: frozenset[str], since_ms: int) -> Mapping[str, Sequence[Event]]:
        """Return the events of each stay about which a person entered something since an instant."""

    def send(self, encounter_id: str, events: Sequence[Wire], seconds: float) -> Sent:
        """Send answers, and wait so long for what comes of them."""


class StaysOnKafka:
    """Stays as the worker published them, their events as it keeps them."""

    at_hand = False
    rejected = 0  # the worker has put them on the reject topic

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._positions: Positions = {}

    def charge_sets(self, encounters: Collection[str] = ()) -> Sequence[ChargeSet]:
        """Return the newest charge set of each stay that is named, else of those asked about; newer releases' are left out."""
        published, self._positions = asyncio.run(newest(self._connection, CHARGES))
        sets = []
        for one in published.values():
            if one.encounter_id not in encounters if encounters else not _asks(one.value or b""):
                continue
            try:
                sets.append(CHARGE_SET.validate_json(one.value or b""))
            except ValidationError:
                continue  # a newer release's: it is shown by that release
        return sets

    def events(self, encounter_id: str) -> Sequence[Event]:
        """Return what Kafka keeps of a stay, with what a person entered since its worker last read."""
        return asyncio.run(self._events(encounter_id))

    async def _events(self, encounter_id: str) -> Sequence[Event]:
        events = events_from(await events_of_stay(self._connection, encounter_id))
        names = {encounter_id, *(event.encounter_id for event in events)}
        known = {event.event_id for event in events}
        unread = events_from(await unread_answers(self._connection, names))
        return [*events, *(event for event in unread if event.event_id not in known)]

    def answered(self, encounters: frozenset[str], since_ms: int) -> Mapping[str, Sequence[Event]]:
        """Return the stays that the events topic has entries of."""
        return asyncio.run(self._answered(encounters, since_ms))

    async def _answered(self, encounters: frozenset[str], since_ms: int) -> Mapping[str, Sequence[Event]]:
        found: dict[str, Sequence[Event]] = {}
        for name, lines in (await stays_answered(self._connection, since_ms, encounters)).items():
            merged = any(map(may_be_merge, lines))
            found[name] = events_from(await events_of_stay(self._connection, name) if merged else lines)
        return found

    def send(self, encounter_id: str, events: Sequence[Wire], seconds: float) -> Sent:
        """Publish answers; what comes of them is the stay's next charge set."""
        return asyncio.run(self._send(encounter_id, events, seconds))

    async def _send(self, encounter_id: str, events: Sequence[Wire], seconds: float) -> Sent:
        sent = await publish_answers(self._connection, events)
        if not seconds:
            return Sent(sent, None, waited=False)
        change = await next_published(self._connection, self._positions, encounter_id, seconds)
        if change is None or change.value is None:
            return Sent(sent, None, waited=True)
        return Sent(sent, CHARGE_SET.validate_json(change.value), waited=True)


def _asks(value: bytes) -> bool:
    """Tell whether a charge set may ask anything, without reading it: most of a month ask nothing."""
    return b'"severity":"block"' in value or b'"severity":"warn"' in value


class StaysInFiles:
    """
    Stays of files of events, coded here; answers are written to stdout, to be published or kept with them.

    Each line that cannot be used is named on stderr; ``rejected`` counts them.
    """

    at_hand = True

    def __init__(self, files: Sequence[str], profile: Profile) -> None:
        names, events = display_names(files), list[Event]()
        self.rejected = 0
        for number, file in enumerate(files):
            with open_input(file) as stream:
                events += events_from(stream.read().split(b"\n"), partial(self._refuse, names, number))
        if self.rejected:
            click.echo(f"rejected    {self.rejected:,}", err=True)
        self._stays = by_stay(events)
        self._profile = profile

    def _refuse(self, names: Sequence[str], file: int, line: int, reject: Reject) -> None:
        self.rejected += 1
        click.echo(reject.at(file, line).text(names), err=True)

    def charge_sets(self, encounters: Collection[str] = ()) -> Sequence[ChargeSet]:
        """Return the charge set of each stay that can be coded, or of those that are named."""
        sets = []
        for name, events in self._stays.items():
            if encounters and name not in encounters:
                continue
            try:
                sets.append(coded(name, events, self._profile))
            except NoEventsError:
                continue
        return sets

    def events(self, encounter_id: str) -> Sequence[Event]:
        """Return the events of a stay, none of one that is not there."""
        return self._stays.get(encounter_id, ())

    def answered(self, encounters: frozenset[str], since_ms: int) -> Mapping[str, Sequence[Event]]:  # noqa: ARG002 -- the rows are picked by time, files are read whole
        """Return every stay, or those that are named."""
        return {name: events for name, events in self._stays.items() if not encounters or name in encounters}

    def send(self, encounter_id: str, events: Sequence[Wire], seconds: float) -> Sent:  # noqa: ARG002 -- nothing is coded meanwhile
        """Write answers as JSON Lines."""
        for event in events:
            click.echo(dumps(event))
        return Sent(len(events), None, waited=False)
