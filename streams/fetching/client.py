"""
The one place where a client that reads is made: a house test finds any that is made elsewhere.

Kafka hands out what a transaction wrote before anybody knows whether it counts, unless a client asks for what is
committed; aiokafka does not ask for that by itself. What a publisher took back must never become a charge.
"""

from typing import Any, Final

from aiokafka import AIOKafkaConsumer

from streams.fetching import records

COMMITTED: Final = "read_committed"

records.install()


def reading_client(*topics: str, **settings: Any) -> Any:
    """
    Return a consumer of aiokafka that reads committed records alone, from the beginning where it has no position.

    ``settings`` are aiokafka's; it is in no group and commits nothing unless they say otherwise.
    """
    wanted = {"group_id": None, "enable_auto_commit": False, "auto_offset_reset": "earliest", **settings}
    return AIOKafkaConsumer(*topics, **wanted, isolation_level=COMMITTED)


def read_committed(consumer: Any) -> Any:
    """Return a consumer that somebody else made, and that is not started yet, as one that reads committed records alone."""
    consumer._isolation_level = COMMITTED  # noqa: SLF001 - Faust makes its consumer itself, and has no setting for it
    return consumer
