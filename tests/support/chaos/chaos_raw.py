"""A raw feed of a trial: stays as HL7 v2 from three facilities, each message sent again until it is acknowledged."""

import threading
from collections.abc import Mapping, Sequence
from random import Random
from time import monotonic, sleep
from typing import Final

from chaos_feed import NotSentError
from hl7_feed import send, stay

FACILITIES: Final = ("NORTH", "SOUTH", "EAST")
_AT_MOST: Final = 6
"""Messages a sender has for one connection."""
_PATIENCE_S: Final = 300


def raw_stays(count: int) -> dict[str, list[str]]:
    """Return the messages of so many stays, by facility."""
    return {
        facility: [message for number in range(place, count, len(FACILITIES)) for message in stay(number, facility)]
        for place, facility in enumerate(FACILITIES)
    }  # fmt: skip


def id_of(message: bytes) -> str:
    """Return the control id of a message (MSH-10)."""
    return message.split(b"\r", 1)[0].split(b"|")[9].decode()


class RawFeed:
    """Sends to one port, evenly over some seconds, each facility from a thread of its own."""

    def __init__(self, port: int, raw: Mapping[str, Sequence[str]], seconds: float) -> None:
        self._port, self._seconds = port, seconds
        self._acknowledged: dict[str, list[str]] = {facility: [] for facility in raw}
        self._failed: list[str] = []
        self._threads = [
            threading.Thread(target=self._run, args=(facility, messages), daemon=True)
            for facility, messages in raw.items()
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    @property
    def running(self) -> bool:
        """Whether anything is not acknowledged yet, and still sent."""
        return any(thread.is_alive() for thread in self._threads)

    @property
    def acknowledged(self) -> int:
        """How many messages were acknowledged so far."""
        return sum(map(len, self._acknowledged.values()))

    def acknowledged_ids(self) -> list[str]:
        """Return the control ids of what was acknowledged."""
        return [name for names in self._acknowledged.values() for name in names]

    def arrived(self) -> None:
        """
        Return when everything was acknowledged.

        Raises:
            NotSentError: something was not.
        """
        for thread in self._threads:
            thread.join()
        if self._failed:
            message = f"the raw feed: {self._failed}"
            raise NotSentError(message)

    def _run(self, facility: str, messages: Sequence[str]) -> None:
        begun, rng, done = monotonic(), Random(facility), self._acknowledged[facility]  # noqa: S311 - repeatable, not secret
        while len(done) < len(messages):
            sleep(max(0.0, begun + self._seconds * len(done) / len(messages) - monotonic()))
            share = messages[len(done) : len(done) + rng.randint(1, _AT_MOST)]
            try:
                send(self._port, share, _PATIENCE_S)
            except TimeoutError as error:
                self._failed.append(str(error))
                return
            done += [id_of(message.encode()) for message in share]
