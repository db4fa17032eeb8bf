"""
Many stays at once, one message of each at a time: sends, waits for the answer, tries again, parks.

As many messages are on their way as there are connections. A stay that must wait gives its connection back; a billing
system that does not answer makes all of them wait.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from time import monotonic
from typing import Final, get_args

from models.delivery import Outcome
from streams.delivery.answer import Answer, Client, UnreachableError, Verdict
from streams.delivery.ledger import Ledger
from streams.delivery.outgoing import Outgoing
from streams.delivery.retry import Reach, pause
from streams.delivery.stay import Item, Kept, Refusal, Stay
from streams.metrics.figures import Figures
from streams.wire.rejects import Reject

Make = Callable[[Item], Outgoing | Reject]
Finish = Callable[[int, int], None]
"""Called with partition and offset of a record that is acknowledged or parked."""

_UNKNOWN: Final = Reject("change", "no charge line of this release", "upgrade, then start again")
_TRIED_AGAIN: Final = Refusal("", "tried again")
_REMEMBERED: Final = 100_000
"""Control ids remembered of a partition: a worker that crashed sends its last changes again."""

_log: Final = logging.getLogger(__name__)


class Dispatcher:
    """Delivers to one destination; ``make`` writes a message and ``finish`` is told what is done with."""

    def __init__(
        self,
        name: str,
        clients: Iterable[Client],
        ledger: Ledger,
        make: Make,
        finish: Finish,
        figures: Figures,
    ) -> None:
        self.reach: Final = Reach()
        self._name, self._clients = name, [*clients]
        self._ledger, self._make, self._finish, self._figures = ledger, make, finish, figures
        self._stays: Final[dict[int, dict[str, Stay]]] = {}
        self._acknowledged: Final[dict[int, dict[str, None]]] = {}
        self._active: Final[dict[int, int]] = {}
        self._ready: Final[asyncio.Queue[Stay]] = asyncio.Queue()
        self._accepted = 0
        for outcome in get_args(Outcome):  # figures that are 0 until something happens
            figures.add("infusion_deliveries_total", 0, name, outcome)
        for verdict in (*get_args(Verdict), "unreachable"):
            figures.add("infusion_delivery_attempts_total", 0, name, verdict)

    def own(self, partition: int, acknowledged: Iterable[str], parked: Mapping[str, Kept]) -> None:
        """Take over a partition; its parked stays are tried again."""
        self._acknowledged[partition] = dict.fromkeys(acknowledged)
        self._active.setdefault(partition, 0)
        stays = self._stays[partition] = {}
        for encounter_id, kept in parked.items():
            stay = stays[encounter_id] = Stay(encounter_id, partition)
            stay.items.extend(kept.items)
            stay.kept = len(kept.items)
            self._schedule(stay)

    async def disown(self, partition: int, patience: float) -> None:
        """Give up a partition: nothing more of it is sent, and what is on its way has so many seconds to be answered."""
        if self._stays.pop(partition, None) is None:
            return
        deadline = monotonic() + patience
        while self._active[partition] and monotonic() < deadline:  # noqa: ASYNC110 -- a wait with an end, made once a deal
            await asyncio.sleep(0.02)

    def take(self, encounter_id: str, partition: int, item: Item) -> None:
        """Deliver a change, after those of its stay that were taken before."""
        stays = self._stays.get(partition)
        if stays is None:  # given up while it was read: the next owner reads it again
            return
        stay = stays.get(encounter_id)
        if stay is None:
            stay = stays[encounter_id] = Stay(encounter_id, partition)
        stay.items.append(item)
        if not stay.scheduled:
            self._schedule(stay)

    def _schedule(self, stay: Stay, delay: float = 0.0) -> None:
        """Give a stay its next turn; until that is over it has no other."""
        stay.scheduled = True
        if delay:
            asyncio.get_running_loop().call_later(delay, self._ready.put_nowait, stay)
        else:
            self._ready.put_nowait(stay)

    def parked(self) -> int:
        """Return how many stays wait for a person."""
        return sum(stay.parked for stays in self._stays.values() for stay in stays.values())

    def busy(self) -> bool:
        """Tell whether anything is on its way or about to be."""
        return any(not stay.parked for stays in self._stays.values() for stay in stays.values()) or any(
            self._active.values()
        )

    async def run(self) -> None:
        """
        Deliver until cancelled.

        Raises:
            aiokafka.errors.KafkaError: what became of a change could not be written down.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for client in self._clients:
                    group.create_task(self._work(client))
        finally:
            await asyncio.gather(*(client.close() for client in self._clients), return_exceptions=True)

    async def _work(self, client: Client) -> None:
        while True:
            stay = await self._ready.get()
            while (early := self.reach.wait(monotonic())) > 0:  # noqa: ASYNC110 -- until an instant that others may move
                await asyncio.sleep(early)
            if not self._owned(stay):
                continue
            self._active[stay.partition] += 1
            try:
                delay = await self._turn(stay, client)
            finally:
                self._active[stay.partition] -= 1
            if stay.to_do() or delay:
                self._schedule(stay, delay)
                continue
            stay.scheduled = False
            if not stay.parked and self._owned(stay):
                del self._stays[stay.partition][stay.encounter_id]

    def _owned(self, stay: Stay) -> bool:
        return self._stays.get(stay.partition, {}).get(stay.encounter_id) is stay

    async def _turn(self, stay: Stay, client: Client) -> float:
        """Do for a stay what is to be done now; return the seconds before more may be done."""
        if stay.refusal is not None:
            await self._keep(stay, stay.refusal)
            return 0.0
        item = stay.items[0]
        if item.control_id in self._acknowledged[stay.partition]:
            await self._done(stay, item)
            return 0.0
        message = _UNKNOWN if item.change is None else self._make(item)
        if isinstance(message, Reject):
            await self._park(stay, item, Refusal("unsendable", message.reason))
            return 0.0
        began = monotonic()
        try:
            answer = await client.send(message)
        except UnreachableError as error:
            self._figures.add("infusion_delivery_attempts_total", 1, self._name, "unreachable")
            if self.reach.failed(str(error), monotonic()):
                _log.warning("%s does not answer: %s; it is tried again", self._name, error)
            return 0.0
        item.answers += 1
        self._figures.observe("infusion_delivery_seconds", (monotonic() - began,), self._name)
        self._figures.add("infusion_delivery_attempts_total", 1, self._name, answer.verdict)
        if self.reach.answered():
            _log.info("%s answers again", self._name)
        return await self._answered(stay, item, answer)

    async def _answered(self, stay: Stay, item: Item, answer: Answer) -> float:
        if answer.verdict == "accepted":
            await self._decided(stay, item, "accepted", None, answer.code)
            self._accepted += 1
            self._remember(stay.partition, item.control_id)
            await self._done(stay, item)
            return 0.0
        if answer.verdict == "again" and not item.patience.put_off(self._accepted):
            return pause(item.patience.attempts)
        reason = answer.reason
        if answer.verdict == "again":
            reason = f"put off {item.patience.attempts} times while others were taken; {reason or ''}".rstrip(
                "; "
            )
        await self._park(stay, item, Refusal(answer.code, reason))
        return 0.0

    def _remember(self, partition: int, control: str) -> None:
        known = self._acknowledged[partition]
        known[control] = None
        if len(known) > _REMEMBERED:
            del known[next(iter(known))]

    async def _decided(
        self, stay: Stay, item: Item, outcome: Outcome, refusal: Refusal | None, answer: str | None
    ) -> None:
        await self._ledger.decided(stay.partition, item, outcome, refusal, answer)
        self._figures.add("infusion_deliveries_total", 1, self._name, outcome)

    async def _done(self, stay: Stay, item: Item) -> None:
        """Take the first change of a stay off: the billing system has it."""
        if stay.kept:
            kept = [*stay.items][1 : stay.kept]
            if self._owned(stay):
                await self._ledger.keep(
                    stay.partition, stay.encounter_id, _TRIED_AGAIN if kept else None, kept
                )
            stay.kept -= 1
        stay.items.popleft()
        if item.offset is not None:
            self._finish(stay.partition, item.offset)

    async def _park(self, stay: Stay, item: Item, refusal: Refusal) -> None:
        """Set a stay aside: its first change was refused, and those behind it wait with it."""
        stay.refusal = refusal
        if stay.kept:
            await self._ledger.keep(stay.partition, stay.encounter_id, refusal, [*stay.items][: stay.kept])
        await self._keep(stay, refusal)
        await self._decided(stay, item, "refused", refusal, refusal.answer)
        _log.warning(
            "%s refused message %s: %s %s; its stay waits, and infusion deliver --parked lists it",
            self._name, item.control_id or "-", refusal.answer, refusal.reason or "",
        )  # fmt: skip

    async def _keep(self, stay: Stay, refusal: Refusal) -> None:
        """Keep every change of a parked stay, and let go of their records."""
        kept, fresh = [*stay.items][: stay.kept], [*stay.items][stay.kept :]
        if not fresh:
            return
        known = {one.control_id for one in kept if one.control_id} | self._acknowledged[stay.partition].keys()
        new = [
            one
            for one in {one.control_id or one: one for one in fresh}.values()
            if one.control_id not in known
        ]
        if new:
            await self._ledger.keep(stay.partition, stay.encounter_id, refusal, [*kept, *new])
        for one in new if kept else new[1:]:
            await self._decided(stay, one, "withheld", refusal, None)
        # Changes may have come meanwhile: they stand behind those that are kept now.
        later = [*stay.items][len(kept) + len(fresh) :]
        stay.items.clear()
        stay.items.extend([*kept, *new, *later])
        stay.kept = len(kept) + len(new)
        for one in fresh:
            if one.offset is not None:
                self._finish(stay.partition, one.offset)
