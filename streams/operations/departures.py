"""When the patients of stays left, by what workers keep of each stay; forgotten stays are not among them."""

from typing import Any

from streams.kafka.admin import broker_topics
from streams.kafka.connection import Connection
from streams.lifecycle.account_notice import is_directory
from streams.lifecycle.state import departed_of
from streams.lifecycle.stay_journal import entry_of
from streams.operations.topic_view import TopicView
from streams.wire.topics import ENCOUNTERS_CHANGELOG


class Departures:
    """The departures that are known, read on from where it stopped each time it is asked to look."""

    def __init__(self) -> None:
        self._at: dict[str, int] = {}
        self._view = TopicView(ENCOUNTERS_CHANGELOG, self.take)

    async def look(self, connection: Connection) -> None:
        """
        Read what workers kept since the last time; a Kafka on which none ever ran has nothing.

        Raises:
            aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
        """
        if ENCOUNTERS_CHANGELOG in await broker_topics(connection):
            await self._view.update(connection)

    def take(self, record: Any) -> None:
        """Take one record of the changelog in."""
        if record.key is None or is_directory(record.key) or entry_of(record.key) is not None:
            return  # a long stay is written whole again once it is final, and tells its departure then
        name = record.key.decode(errors="replace")
        try:
            departed_at = departed_of(record.value) if record.value else None
        except (ValueError, LookupError):  # a newer release's: not known here
            departed_at = None
        if departed_at is None:
            self._at.pop(name, None)
        else:
            self._at[name] = departed_at

    def of(self, encounter_id: str) -> int | None:
        """Return when the patient left, in epoch seconds; None where nobody said so, or it is forgotten."""
        return self._at.get(encounter_id)
