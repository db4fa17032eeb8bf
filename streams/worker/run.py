"""A worker from its start to its end, whichever it is: stopped when asked, or stopped by what went wrong."""

import logging
from typing import Any, Final

from aiokafka.errors import KafkaError

from streams.engine.exit_status import EXIT_FATAL
from streams.engine.stop_reasons import in_words

_log: Final = logging.getLogger(__name__)


def run(worker: Any) -> int:
    """
    Run a Faust worker and return the exit status: 0 when it was told to stop, 70 when something went wrong.

    Raises:
        aiokafka.errors.KafkaError: Kafka could not be reached, or stopped answering; the verb has words for it.
    """
    try:
        worker.execute_from_commandline()
    except SystemExit as end:
        # Faust ends every fault with status 1 and nothing said; the fault is what the exit was raised at.
        if not end.code:
            return 0
        reason = end.__context__ or worker.crash_reason or end
        if isinstance(reason, KafkaError):
            raise reason from None
        _log.critical("stopping before anything is committed: %s", in_words(reason))
    return EXIT_FATAL
