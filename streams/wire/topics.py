"""
The topics: what each holds, how it is cleaned up, and what it must be able to carry.

A stay's events, its state and everything said of it lie in partitions of one number, because state is kept by
partition number; and what is remembered of a facility lies in the partition of its raw messages. So all topics have
one count of partitions between them, and it never changes. Pure.
"""

from typing import Final, Literal, NamedTuple

Cleanup = Literal["delete", "compact"]

RAW_HL7V2: Final = "infusion.raw.hl7v2.v1"
RAW_FHIR: Final = "infusion.raw.fhir.v1"
EVENTS: Final = "infusion.events.v1"
CLOSED: Final = "infusion.encounters.closed.v1"
CHARGES: Final = "infusion.charges.v1"
CHARGE_LINES: Final = "infusion.charge-lines.v1"
REVIEW: Final = "infusion.review.v1"
REJECTS: Final = "infusion.rejects.v1"
DELIVERIES: Final = "infusion.deliveries.v1"
NUDGES: Final = "infusion.nudges.v1"
COMMANDS: Final = "infusion.commands.v1"
"""Internal: what a timer, a merge or an event in the wrong partition asks of the partition that owns a stay."""

RAW: Final[tuple[str, ...]] = (RAW_HL7V2, RAW_FHIR)
"""What came through the front door, as it came."""

READ: Final[tuple[str, ...]] = (EVENTS, COMMANDS, CLOSED, *RAW)
"""What the workers read, and so what they can be late with."""

APPLICATION: Final = "infusion-charges"
"""The worker's name: its consumer group, and the first part of its changelogs' names."""

ENCOUNTERS_CHANGELOG: Final = f"{APPLICATION}-encounters-changelog"
RELEASES_CHANGELOG: Final = f"{APPLICATION}-releases-changelog"
ASSOCIATIONS_CHANGELOG: Final = f"{APPLICATION}-associations-changelog"

KEPT: Final[tuple[str, ...]] = (*READ, ENCOUNTERS_CHANGELOG, RELEASES_CHANGELOG, ASSOCIATIONS_CHANGELOG)
"""What the workers read and what they keep states in: the topics that must stay what they are."""

PARKED: Final = f"{APPLICATION}-parked-changelog"
"""Of ``infusion deliver``: the stays whose changes a billing system refused, by encounter id, NUL and destination."""

DEFAULT_PARTITIONS: Final = 12
"""Enough workers for a chain of hospitals; it cannot be raised later without beginning anew."""

_MIB: Final = 1 << 20
_DAY: Final = 24 * 60 * 60 * 1000
_FILING: Final = 400
"""Days: a year to file a claim, and a month to find out that it was wrong."""

STAY_KEY: Final = "The encounter_id: everything about a stay is in one partition, in the order it was stored."

FACILITY_KEY: Final = "The sending facility: what must be joined, a pump's message to its order, is in one partition, in its order."


class Topic(NamedTuple):
    """One topic as it should be."""

    name: str
    holds: str
    key: str = STAY_KEY
    cleanup: Cleanup = "delete"
    retention_days: int | None = None
    """After which a record may go; None where the newest of each key stays for good."""
    max_message_bytes: int = 12 * _MIB
    """A message of ten megabytes must get in, if only to be rejected with its bytes intact."""
    compaction_lag_days: int | None = None
    """How long every record of a compacted topic is there to read, and how long a tombstone stays."""
    own: bool = False
    """Whether it is the worker's own: nobody else reads or writes it, and it may change with any release."""

    def settings(self) -> dict[str, str]:
        """
        Return what to ask of the broker, by Kafka's names of topic settings.

        The broker's clock stamps records: a sender whose clock stands in 1970 would else have its events
        deleted on arrival, and one ahead of time would be refused.
        """
        settings = {
            "cleanup.policy": self.cleanup,
            "max.message.bytes": str(self.max_message_bytes),
            "message.timestamp.type": "LogAppendTime",
            "compression.type": "producer",
        }
        if self.retention_days is not None:
            settings |= {"retention.ms": str(self.retention_days * _DAY), "retention.bytes": "-1"}
        if self.compaction_lag_days is not None:
            lag = str(self.compaction_lag_days * _DAY)
            settings |= {"min.compaction.lag.ms": lag, "delete.retention.ms": lag}
        if self.own and self.cleanup == "compact":
            # Compaction leaves the newest segment alone; a gigabyte of it would be read at every recovery.
            settings |= {"segment.bytes": str(64 * _MIB), "min.compaction.lag.ms": "0"}
        return settings


TOPICS: Final[tuple[Topic, ...]] = (
    Topic(RAW_HL7V2, "HL7 v2 messages as they were received.", key=FACILITY_KEY, retention_days=30),
    Topic(RAW_FHIR, "FHIR resources as they were received.", key=FACILITY_KEY, retention_days=30),
    Topic(
        EVENTS,
        "What happened at the bedside, in any order and any number of times. Kept long: the record to replay.",
        retention_days=_FILING,
    ),
    Topic(
        CLOSED,
        "Closed stays. Kept long: the record to code again.",
        retention_days=_FILING,
        max_message_bytes=16 * _MIB,
    ),
    Topic(
        CHARGES,
        "The whole charge set of each stay at its newest revision.",
        cleanup="compact",
        compaction_lag_days=7,
    ),
    Topic(CHARGE_LINES, "What changed from one revision to the next.", retention_days=90),
    Topic(REVIEW, "What waits for a person.", cleanup="compact", compaction_lag_days=7),
    Topic(
        REJECTS,
        "What could not be read.",
        key="The original key.",
        retention_days=90,
        max_message_bytes=13 * _MIB,  # the largest event, and the headers that say what is wrong with it
    ),
    Topic(
        DELIVERIES,
        "What billing systems made of each charge line: taken, refused, or withheld behind one that was refused.",
        retention_days=_FILING,
    ),
    Topic(
        NUDGES,
        "What is asked about a stay while the patient is still there; a tombstone once it is answered.",
        cleanup="compact",
        compaction_lag_days=7,
    ),
    Topic(
        COMMANDS,
        "What one partition asks of another, or of itself at a later time.",
        retention_days=7,
        own=True,
    ),
    Topic(
        ENCOUNTERS_CHANGELOG,
        "The state of every stay that is not yet forgotten.",
        cleanup="compact",
        max_message_bytes=16 * _MIB,
        compaction_lag_days=7,
        own=True,
    ),
    Topic(
        RELEASES_CHANGELOG,
        "What was last said of every stay.",
        cleanup="compact",
        max_message_bytes=16 * _MIB,
        compaction_lag_days=7,
        own=True,
    ),
    Topic(
        ASSOCIATIONS_CHANGELOG,
        "What is remembered of each facility: open pump orders, beds, who is connected to what.",
        key="The sending facility, NUL, and the name of an entry.",
        cleanup="compact",
        max_message_bytes=16 * _MIB,
        compaction_lag_days=7,
        own=True,
    ),
    Topic(
        PARKED,
        "Charge lines that wait because one of their stay was refused by a billing system.",
        cleanup="compact",
        max_message_bytes=16 * _MIB,
        compaction_lag_days=7,
        own=True,
    ),
)
"""Every topic, in the order in which a stay passes them, and then the worker's own."""

_BY_NAME: Final = {topic.name: topic for topic in TOPICS}


def topic(name: str) -> Topic:
    """
    Return the topic of a name.

    Raises:
        KeyError: it is none of ours.
    """
    return _BY_NAME[name]
