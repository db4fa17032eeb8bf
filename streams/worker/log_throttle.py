"""A log that says a thing once, and how often it would have said it again: a broker that is down is no news each millisecond."""

import logging
from time import monotonic
from typing import Final

_SILENT_S: Final = 10.0


class ThrottleFilter(logging.Filter):
    """Lets each message, by its words without what is filled in, through once in ten seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is let through; one that is says how many like it were not."""
        if record.levelno < logging.WARNING:
            return True
        now, key = monotonic(), (record.name, str(record.msg))
        at, held = self._said.get(key, (-_SILENT_S, 0))
        if now - at < _SILENT_S:
            self._said[key] = (at, held + 1)
            return False
        self._said[key] = (now, 0)
        if held:
            record.msg = f"{record.msg} (and {held} times more since)"
        return True
