"""
Dealing partitions: the leader of a group waits until its broker names topics before it deals.

A broker that has just come up names none for a moment. Faust's assignor leaves out what it does not know, and static members
keep what they were dealt: nobody would read anything until the group changes. One topic missing among others is gone, which
the watch over the logs tells.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, Final

_PATIENCE_S: Final = 8.0
"""Less than a session: the group waits for its leader meanwhile."""

_AGAIN_S: Final = 0.25


def deal_when_topics_are_known(coordinator: Any) -> None:
    """Have a coordinator of aiokafka's deal partitions when its metadata has topics that members subscribe to."""
    deal: Callable[[Any], Awaitable[Any]] = coordinator._perform_assignment  # noqa: SLF001 - aiokafka has no other way

    async def dealt(response: Any) -> Any:
        until = monotonic() + _PATIENCE_S
        while True:
            shares = await deal(response)
            if _knows_topics(coordinator) or monotonic() > until:
                return shares
            await coordinator._client.force_metadata_update()  # noqa: SLF001 - as above
            await asyncio.sleep(_AGAIN_S)

    coordinator._perform_assignment = dealt  # noqa: SLF001 - as above


def _knows_topics(coordinator: Any) -> bool:
    """Tell whether a broker has named any topic that members subscribe to."""
    known = coordinator._cluster.partitions_for_topic  # noqa: SLF001 - as above
    return any(known(topic) for topic in coordinator._group_subscription)  # noqa: SLF001 - as above
