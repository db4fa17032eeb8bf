"""What came out of the stream, kept as a consumer keeps it: upserted by encounter and by line."""

from dataclasses import dataclass, field
from typing import Any

from orjson import loads

from streams.wire import topics


def billed(line: dict[str, Any]) -> dict[str, Any]:
    """Return a line without its expected payment, which a later set restates without crediting the line."""
    return {name: value for name, value in line.items() if name != "expected_payment"}


@dataclass(slots=True)
class Reader:
    """The newest value of each stay, the lines that stand charged, and how many messages said so."""

    charge_sets: dict[str, bytes | None] = field(default_factory=dict)
    lines: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    reviews: dict[str, bytes | None] = field(default_factory=dict)
    messages: dict[str, int] = field(default_factory=dict)
    stray_credits: int = 0
    """Credits of lines that did not stand charged: a sign that messages came out of order."""

    def read(self, topic: str, key: bytes | None, value: bytes | None) -> None:
        """Take in one message of the charges, charge-lines, review or rejects topic."""
        self.messages[topic] = self.messages.get(topic, 0) + 1
        encounter_id = (key or b"").decode(errors="replace")
        if topic == topics.CHARGES:
            self.charge_sets[encounter_id] = value
        elif topic == topics.REVIEW:
            self.reviews[encounter_id] = value
        elif topic == topics.CHARGE_LINES and value is not None:
            self._upsert(loads(value))

    def _upsert(self, change: dict[str, Any]) -> None:
        name = (change["encounter_id"], change["line"]["line_id"])
        if change["change"] == "charge":
            self.lines[name] = billed(change["line"])
        elif self.lines.pop(name, None) is None:
            self.stray_credits += 1
