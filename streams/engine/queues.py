"""
The queues between the consumer and agents: what was fetched in a former generation of the group does not get in.

Stock Faust 0.15.3 empties its queues when partitions are dealt anew; a record that waits at the door of a full one
in that instant comes in afterwards, to an agent that may not own its partition any more.
"""

from collections.abc import Callable
from typing import Any

from mode.utils.queues import ThrowableQueue


class GenerationQueue(ThrowableQueue[Any]):
    """Faust's queue; ``generation`` tells which generation of the group this worker is in."""

    def __init__(self, *args: Any, generation: Callable[[], int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._generation = generation

    async def put(self, value: Any) -> None:
        """Put an event in when there is room and records flow; drop it when it is of a former generation by then."""
        await self._flow_control.acquire()
        message = getattr(value, "message", None)
        if getattr(message, "generation_id", None) in {None, self._generation()}:
            await super().put(value)
