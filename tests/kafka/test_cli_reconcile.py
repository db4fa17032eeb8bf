"""``infusion reconcile`` on the embedded broker: charges, what was sent of them, and what was taken."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

from aiokafka import AIOKafkaProducer
from charge_samples import AT, CHARGE, LINE, SET
from click.testing import Result

from models.delivery import Delivery
from streams.kafka.embedded import EmbeddedBroker
from streams.wire.charge_json import value_of
from streams.wire.topics import CHARGE_LINES, CHARGES, DELIVERIES

Run = Callable[..., Result]


def test_what_the_billing_system_took_stands_beside_what_was_charged(
    embedded: EmbeddedBroker, infusion: Run
) -> None:
    """A charge taken is matched, one refused is missing with the answer, one whose stay was withdrawn is extra."""
    gone = replace(CHARGE, encounter_id="E2")
    taken = Delivery(
        "E1", "billing", "accepted", LINE.line_id, "charge", CHARGE.charge_set_id, 2, "c1", "AA", None, 1, AT
    )
    refused = replace(taken, outcome="refused", line_id=SET.lines[0].line_id, answer="AR", control_id="c2")
    sent = [
        (CHARGES, "E1", value_of(SET)), (CHARGES, "E2", None), (CHARGE_LINES, "E1", value_of(CHARGE)),
        (CHARGE_LINES, "E2", value_of(gone)), (DELIVERIES, "E1", value_of(taken)),
        (DELIVERIES, "E1", value_of(refused)), (DELIVERIES, "E2", value_of(replace(taken, encounter_id="E2"))),
    ]  # fmt: skip

    async def put() -> None:
        async with AIOKafkaProducer(bootstrap_servers=embedded.bootstrap_servers) as sender:
            for topic, key, value in sent:
                await sender.send_and_wait(topic, value, key.encode())

    asyncio.run(put())
    words = ("reconcile", "--format", "jsonl", "--kind", "charge", "--at", "2026-03-09T00:00:00Z")
    made = infusion(embedded.bootstrap_servers, *words)
    assert made.exit_code == 3
    found = [
        (row["encounter_id"], row["code"], row["state"], row["says"])
        for row in map(json.loads, made.stdout.splitlines())
    ]
    assert found == [
        ("E1", "96365", "missing", "refused by billing: AR"),
        ("E1", "96366", "matched", ""),
        ("E1", "C8957", "missing", "the billing system has not got it"),
        ("E2", None, "extra", "no charge set stands of this stay"),
    ]
    given = infusion(embedded.bootstrap_servers, "reconcile", "--format", "jsonl", "--kind", "administration")
    assert [json.loads(line)["id"] for line in given.stdout.splitlines()] == ["A1", "A2"]
    assert infusion(None, *words).exit_code == 2
