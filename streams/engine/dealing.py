"""
Dealing partitions: the leader of a group waits until it knows of every topic before it deals.

A broker that has just come up may name no topic for a moment. Faust's assignor leaves such topics out, and static members
keep what they were dealt: nobody would read those partitions until the group changes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, Final

_PATIENCE_S: Final = 8.0
"""Less than a session: the group waits for its leader meanwhile. A topic that is gone is told by the watch over the logs."""

_AGAIN_S: Final = 0.25


def deal_when_all_is_known(coordinator: Any) -> None:
    """Have a coordinator of aiokafka's deal partitions when its metadata has every topic that members subscribe to."""
    deal: Callable[[Any], Awaitable[Any]] = coordinator._perform_assignment  # noqa: SLF001 - aiokafka has no other way

    async def dealt(response: Any) -> Any:
        until = monotonic() + _PATIENCE_S
        while True:
            shares = await deal(response)
            if not _unknown(coordinator) or monotonic() > until:
                return shares
            await coordinator._client.force_metadata_update()  # noqa: SLF001 - as above
            await asyncio.sleep(_AGAIN_S)

    coordinator._perform_assignment = dealt  # noqa: SLF001 - as above


def _unknown(coordinator: Any) -> set[str]:
    """Return the topics that members subscribe to and no broker has named yet."""
    return {
        topic
        for topic in coordinator._group_subscription  # noqa: SLF001 - as above
        if not coordinator._cluster.partitions_for_topic(topic)  # noqa: SLF001 - as above
    }
