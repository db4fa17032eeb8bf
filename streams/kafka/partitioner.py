"""Which partition a stay lies in: Kafka's default partitioner, so that any standard publisher finds the same one."""

from functools import lru_cache
from typing import Final

from aiokafka.partitioner import murmur2

_POSITIVE: Final = 0x7FFFFFFF


@lru_cache(maxsize=1 << 13)  # 220 bytes a stay: those whose events come at the same time, not all of an hour
def home_of(encounter_id: str, partitions: int) -> int:
    """Return the partition of a stay among so many."""
    return int((murmur2(encounter_id.encode()) & _POSITIVE) % partitions)
