"""What a contender is told: where Kafka is, under which names its topics lie, and where it may keep files."""

import json
import os
from pathlib import Path
from typing import Any, Final, NamedTuple

from streams.wire import topics

VARIABLE: Final = "BENCH_TERMS"
_NAMES: Final = (
    "CLOSED", "CHARGES", "CHARGE_LINES", "REVIEW", "REJECTS", "COMMANDS", "APPLICATION",
    "ENCOUNTERS_CHANGELOG", "RELEASES_CHANGELOG", "ASSOCIATIONS_CHANGELOG", "RAW_HL7V2", "RAW_FHIR",
)  # fmt: skip


class Terms(NamedTuple):
    """One run of one contender; ``prefix`` stands before the names of all topics but the one of events."""

    servers: str
    """Host and port of each broker, with commas between."""
    prefix: str
    events: str
    partitions: int
    folder: Path
    variant: str = ""

    def variable(self) -> dict[str, str]:
        """Return the variable of the environment that brings these terms to a child."""
        return {VARIABLE: json.dumps([*self[:4], str(self.folder), self.variant])}


def told() -> Terms:
    """Return the terms this process was started under."""
    servers, prefix, events, partitions, folder, variant = json.loads(os.environ[VARIABLE])
    return Terms(servers, prefix, events, partitions, Path(folder), variant)


def rename(prefix: str, events: str) -> None:
    """
    Put a prefix before the topics of this process, which has imported nothing yet that reads their names.

    The names of the product's topics are fixed; here several runs share one broker, and all read the same events.
    """
    module: Any = topics
    for name in _NAMES:
        setattr(module, name, prefix + getattr(module, name))
    module._BY_NAME |= {prefix + name: one for name, one in module._BY_NAME.items()}  # noqa: SLF001 - asked for how large a message may be
    module.EVENTS = events
    module.RAW = (module.RAW_HL7V2, module.RAW_FHIR)


def renamed(prefix: str) -> list[topics.Topic]:
    """Return the topics of a run, as they are to be created; the one of events is not among them."""
    others = [one for one in topics.TOPICS if one.name != topics.EVENTS]
    return [one._replace(name=prefix + one.name) for one in others]
