"""
What a topic's settings on a broker must be at least, held against what they are. Pure.

More than is needed is fine: a longer retention, a larger message. What a broker does not tell is not held against it.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from streams.wire.topics import Topic

_EXACTLY: Final = ("cleanup.policy", "message.timestamp.type", "compression.type")
_AT_LEAST: Final = (
    "retention.ms", "retention.bytes", "delete.retention.ms", "min.compaction.lag.ms", "max.message.bytes",
)  # fmt: skip
_UNLIMITED: Final = "-1"

_WHY: Final[Mapping[str, str]] = {
    "message.timestamp.type": "a sender's clock would decide when records are deleted",
    "compression.type": "the broker would pack every batch anew, and what fitted may fit no longer",
    "retention.ms": "records would go before they may",
    "retention.bytes": "records would go before they may, as soon as many come",
    "delete.retention.ms": "who was away a week would never hear that something was deleted",
    "min.compaction.lag.ms": "a reader a day behind would miss revisions",
    "max.message.bytes": "the largest message would be refused, and stop who sends it",
}


class SettingFault(NamedTuple):
    """One setting that is not what is needed."""

    name: str
    says: str
    """What it is, what to set, and why; a sentence without its full stop."""

    @property
    def loses(self) -> bool:
        """Tell whether data may be lost or refused by it: a worker does not keep its own states on such a topic."""
        return self.name != "compression.type"


def setting_faults(topic: Topic, settings: Mapping[str, str]) -> Iterator[SettingFault]:
    """Yield each setting of a topic that is not what is needed, in a fixed order."""
    needed = topic.settings()
    for name in (*_EXACTLY, *_AT_LEAST):
        has, wanted = settings.get(name), needed.get(name)
        if has is None or wanted is None or _is_enough(name, has, wanted):
            continue
        why = f": {_WHY[name]}" if name in _WHY else ""
        yield SettingFault(name, f"{topic.name} has {name}={has}; set {name}={wanted}{why}")


def _is_enough(name: str, has: str, wanted: str) -> bool:
    if name in _EXACTLY:
        return has == wanted
    if name.startswith("retention.") and _UNLIMITED in {has, wanted}:
        return has == _UNLIMITED
    return has.isascii() and has.isdecimal() and int(has) >= int(wanted)
