"""How long a broker keeps the records of our topics."""

from typing import Final

from streams.wire.topic_check import BrokerTopic
from streams.wire.topics import TOPICS

_RETENTION: Final = "retention.ms"


def asked_retention_ms() -> dict[str, int]:
    """Return what we ask of a broker, in milliseconds by topic; those that time deletes nothing of are not among them."""
    return {
        topic.name: int(settings[_RETENTION])
        for topic in TOPICS
        if _RETENTION in (settings := topic.settings())
    }


def retention_ms(on_broker: dict[str, BrokerTopic]) -> dict[str, int]:
    """Return what the topics of a broker are set to, in milliseconds by topic; -1 is for ever."""
    return {
        name: int(about.settings[_RETENTION])
        for name, about in on_broker.items()
        if about.settings and _RETENTION in about.settings
    }
