"""Input that retention deleted before it was read: said and counted; stock Faust and aiokafka go on without a word."""

import logging

from faust.types import TP

from streams.engine.vitals import Vitals

_log = logging.getLogger(__name__)


def input_lost(vitals: Vitals, tp: TP, first: int, end: int) -> None:
    """Log and count the records of a partition from ``first`` up to, but not including, ``end``."""
    vitals.lost[tp.topic] += end - first
    _log.critical(
        "INPUT LOST: records %d to %d of %s, partition %d, were deleted before this worker read them; "
        "send them again from where they came from, and keep the topic longer",
        first, end - 1, tp.topic, tp.partition,
    )  # fmt: skip
