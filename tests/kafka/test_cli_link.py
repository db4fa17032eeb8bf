"""``infusion rejects --link``: the order of an unlinked pump goes to the raw topic, and its reject is closed."""

import asyncio
from collections.abc import Callable

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from click.testing import Result
from pump_wire import pump

from streams.kafka.embedded import EmbeddedBroker
from streams.wire.reject_headers import reject_headers
from streams.wire.topics import RAW_HL7V2, REJECTS

WHY = "pump: unlinked pump: tried order (of OBR-2, not known); send the order"


async def put(broker: EmbeddedBroker, *values: bytes) -> None:
    """Put messages of a facility's pumps on the rejects topic."""
    headers = [*reject_headers((), WHY, RAW_HL7V2, 0, 0, "26.11.0")]
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers) as sender:
        for value in values:
            await sender.send_and_wait(REJECTS, value, b"GH", 0, headers=headers)


async def raw(broker: EmbeddedBroker) -> list[tuple[bytes, bytes]]:
    """Return key and value of every raw message."""
    places = [TopicPartition(RAW_HL7V2, number) for number in range(4)]
    async with AIOKafkaConsumer(bootstrap_servers=broker.bootstrap_servers) as consumer:
        consumer.assign(places)
        await consumer.seek_to_beginning()
        left = sum((await consumer.end_offsets(places)).values())
        found: list[tuple[bytes, bytes]] = []
        while len(found) < left:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += [(record.key, record.value) for record in records]
        return found


def test_a_person_says_whose_a_pump_is(embedded: EmbeddedBroker, infusion: Callable[..., Result]) -> None:
    """Under the facility's key, so that it meets what the pump said; what is no pump is told, and nothing is sent."""
    asyncio.run(put(embedded, pump("start", "0800", order="O77"), b"MSH|^~\\&|no pump\r"))
    words = ("--who", "coder-7", "--why", "seen at the bedside")
    linked = infusion(embedded.bootstrap_servers, "rejects", "0:0", "--link", "E9", *words)
    assert (linked.exit_code, linked.stderr) == (0, "linked      1\n")
    ((key, value),) = asyncio.run(raw(embedded))
    assert key == b"GH"
    assert b"|E9\r" in value
    assert b"O77" in value
    listed = infusion(embedded.bootstrap_servers, "rejects", "--state", "dismissed", "--format", "jsonl")
    assert "linked by coder-7" in listed.stdout
    refused = infusion(embedded.bootstrap_servers, "rejects", "0:1", "--link", "E9", *words)
    assert refused.exit_code == 1
    assert "0:1 was not linked: " in refused.stderr
    nowhere = infusion(embedded.bootstrap_servers, "rejects", "3:9", "--link", "E9", *words)
    assert "no reject lies there" in nowhere.stderr
    nobody = infusion(embedded.bootstrap_servers, "rejects", "0:0", "--link", "E9")
    assert nobody.exit_code == 2
    assert len(asyncio.run(raw(embedded))) == 1
