"""Bytes that may be in memory at once: whoever wants more waits, first come, first served."""

import asyncio
from collections import deque


class ByteBudget:
    """A bound on bytes in memory; one that is larger than all of it is let in alone."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self.held = 0
        """Bytes taken and not given back."""

    async def take(self, size: int) -> None:
        """Take so many bytes as soon as there is room."""
        if not self._waiting and self._fits(size):
            self.held += size
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.give_back(size)  # it was its turn at the same instant
            else:
                self._admit()
            raise

    def give_back(self, size: int) -> None:
        """Give bytes back that were taken."""
        self.held -= size
        self._admit()

    def _admit(self) -> None:
        while self._waiting:
            size, turn = self._waiting[0]
            if not turn.cancelled():
                if not self._fits(size):
                    return
                self.held += size
                turn.set_result(None)
            self._waiting.popleft()

    def _fits(self, size: int) -> bool:
        return self.held + size <= self._most or not self.held
