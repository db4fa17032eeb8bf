"""
Brokers that a test has left as they were: emptied, they are the next one's, and a start of Java is spared.

As new means no topic and no group. One that was killed, stopped or paused is not given on, nor one with settings.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from apache_kafka import ApacheKafka
from confluent_kafka import KafkaException

_KEPT: Final = 2
"""Idle brokers at most; one more is closed."""

_MEMBERS_GO_WITHIN: Final = 9
"""Seconds in which a worker that was killed is missed by its group; a new broker takes no longer."""


class KafkaPool:
    """The idle brokers of a test run; ``make`` starts a new one."""

    def __init__(self, make: Callable[[], ApacheKafka]) -> None:
        self._make = make
        self._idle: list[ApacheKafka] = []

    def take(self) -> ApacheKafka:
        """Return a running broker with nothing on it: with two that take turns, members are gone by the next turn."""
        patience = _MEMBERS_GO_WITHIN if len(self._idle) == _KEPT else 0.0
        for kafka in self._idle:
            with suppress(KafkaException):
                if _emptied(kafka, patience):
                    self._idle.remove(kafka)
                    return kafka
        return self._make()

    def give_back(self, kafka: ApacheKafka) -> None:
        """Take a broker back, for another test if nothing was done to it."""
        if kafka.undisturbed and len(self._idle) < _KEPT:
            self._idle.append(kafka)
        else:
            kafka.close()

    def close(self) -> None:
        """End all that are idle."""
        for kafka in self._idle:
            kafka.close()


def _emptied(kafka: ApacheKafka, patience: float) -> bool:
    """Delete every group and topic; tell whether that went, which it does not while a group has members."""
    admin = kafka.admin()
    until = time.monotonic() + patience
    while groups := [one.group_id for one in admin.list_consumer_groups().result(30).valid]:
        for deleting in admin.delete_consumer_groups(groups).values():
            with suppress(KafkaException):
                deleting.result(30)
        if not admin.list_consumer_groups().result(30).valid:
            break
        if time.monotonic() > until:
            return False
        time.sleep(0.2)
    if topics := [name for name in admin.list_topics(timeout=10).topics if not name.startswith("__")]:
        for deleting in admin.delete_topics(topics).values():
            deleting.result(30)
    while {*topics} & admin.list_topics(timeout=10).topics.keys():
        time.sleep(0.02)
    return True
