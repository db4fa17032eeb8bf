"""A log filter that shows a message once in ten seconds: a broker that is down would fill the log with one message."""

import logging
from time import monotonic
from typing import Final

_INTERVAL_S: Final = 10.0


class ThrottleFilter(logging.Filter):
    """Lets each message through once in ten seconds; messages with the same format string are one."""

    def __init__(self) -> None:
        super().__init__()
        self._last_shown: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is logged; its text then says how many like it were suppressed since the last."""
        if record.levelno < logging.WARNING:
            return True
        now, key = monotonic(), (record.name, str(record.msg))
        at, suppressed = self._last_shown.get(key, (-_INTERVAL_S, 0))
        if now - at < _INTERVAL_S:
            self._last_shown[key] = (at, suppressed + 1)
            return False
        self._last_shown[key] = (now, 0)
        if suppressed:
            record.msg = f"{record.msg} (and {suppressed} times more since)"
        return True
