"""A pump that nothing linked, linked by a person: its order is sent as a pump's server would have, and the reject is closed."""

from contextlib import aclosing
from datetime import datetime

from streams.feeds.manual_link import link_message
from streams.feeds.site_mapping import SiteMapping
from streams.kafka.connection import Connection
from streams.kafka.publisher import Publisher
from streams.operations.reject_queue import Selection, selected_rejects
from streams.operations.reject_replay import dismiss
from streams.wire.message import OutboundMessage
from streams.wire.message_size import is_cut
from streams.wire.reject_marks import Place
from streams.wire.rejects import Reject
from streams.wire.topics import RAW_HL7V2


async def link_pump(
    connection: Connection, place: Place, encounter_id: str, site: SiteMapping, who: str, why: str, at: datetime
) -> str | None:  # fmt: skip
    """
    Link the pump whose message lies at a place of the rejects topic to a stay; return why that cannot be, or None.

    Linking twice changes nothing: the same message comes twice. What the pump said becomes events on its facility's
    partition, as when an order comes late.

    Raises:
        MissingTopicError: a topic is not there.
        aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
    """
    found = None
    async with aclosing(selected_rejects(connection, Selection(places=frozenset({place})))) as rejects:
        async for one in rejects:
            found = one.message
    if found is None or found.value is None:
        return "no reject lies there; infusion rejects lists them"
    if found.origin is None or found.origin.topic != RAW_HL7V2 or is_cut(found.headers):
        return "it is no whole HL7 v2 message of the front door"
    made = link_message(found.value, encounter_id, site, who, why, at)
    if isinstance(made, Reject):
        return made.reason
    publisher = await Publisher.connected(connection, (RAW_HL7V2,))
    try:
        headers = (("content-type", b"application/hl7-v2"),)
        await publisher.send([OutboundMessage(RAW_HL7V2, found.key, made, headers)])
        await publisher.arrive()
    finally:
        await publisher.close()
    await dismiss(connection, Selection(places=frozenset({place})), f"linked by {who}")
    return None
