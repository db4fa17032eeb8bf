"""Many stays, one message of each at a time: order, parking, trying again, and what is let go of when."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

import pytest
from charge_samples import CHARGE, LINE

from models.delivery import Outcome
from streams.delivery import dispatcher, retry
from streams.delivery.answer import Answer, UnreachableError, Verdict
from streams.delivery.dispatcher import Dispatcher
from streams.delivery.outgoing import Outgoing, outgoing
from streams.delivery.stay import Item, Kept, Refusal
from streams.feeds.charge_codes import NO_TABLE, ChargeCodes
from streams.metrics.figures import Figures
from streams.wire.charge_json import value_of
from streams.wire.rejects import Reject

Says = Callable[[str, int], Verdict | None]
"""From a line id and how often it was sent before, what is answered; None for no answer."""


class Told:
    """A billing system and a ledger in memory."""

    def __init__(self) -> None:
        self.says: Says = lambda _line, _times: "accepted"
        self.sent: Final[list[str]] = []
        self.finished: Final[list[int]] = []
        self.written: Final[list[tuple[str, Outcome, str | None]]] = []
        self.kept: Final[dict[str, list[str]]] = {}
        self.running = 0
        self.most = 0
        self.stays: Final[set[str]] = set()
        self.gate = asyncio.Event()
        self.gate.set()

    async def send(self, message: Outgoing) -> Answer:
        """Answer as told, a turn of the loop later."""
        line = message.body.decode().split("\rFT1|")[1].split("|")[1]
        stay = line.partition("-")[0]
        assert stay not in self.stays, "two messages of one stay at once"
        self.stays.add(stay)
        self.running += 1
        self.most = max(self.most, self.running)
        times = self.sent.count(line)
        self.sent.append(line)
        try:
            await self.gate.wait()
            await asyncio.sleep(0)
        finally:
            self.running -= 1
            self.stays.discard(stay)
        verdict = self.says(line, times)
        if verdict is None:
            why = "nobody there"
            raise UnreachableError(why)
        return Answer(verdict, {"accepted": "AA", "again": "AE", "refused": "AR"}[verdict])

    async def close(self) -> None:
        """Nothing to close."""

    async def decided(
        self, partition: int, item: Item, outcome: Outcome, refusal: Refusal | None, answer: str | None
    ) -> None:
        """Note it."""
        assert partition == 0
        assert (refusal is None) == (outcome == "accepted")
        await asyncio.sleep(0)
        self.written.append((item.change.line.line_id if item.change else "?", outcome, answer))

    async def keep(
        self, partition: int, encounter_id: str, refusal: Refusal | None, items: list[Item]
    ) -> None:
        """Note it."""
        assert partition == 0
        await asyncio.sleep(0)
        if refusal and items:
            self.kept[encounter_id] = [one.change.line.line_id if one.change else "?" for one in items]
        else:
            self.kept.pop(encounter_id, None)


def item(stay: str, number: int, offset: int | None = 0) -> Item:
    """Return the change of a line of a stay."""
    line = replace(LINE, line_id=f"{stay}-{number}")
    return Item(value_of(replace(CHARGE, encounter_id=stay, line=line)), 1_772_463_845_000, offset)


def make(one: Item, codes: ChargeCodes = NO_TABLE) -> Outgoing | Reject:
    """Return its message."""
    assert one.change is not None
    return outgoing(one.change, "dft", codes, one.at_ms)


@asynccontextmanager
async def running(
    told: Told, connections: int = 3, parked: dict[str, Kept] | None = None, known: tuple[str, ...] = ()
) -> AsyncIterator[Dispatcher]:
    """Give a dispatcher at work on partition 0."""
    figures = Figures("deliver")
    made = Dispatcher(
        "billing", [told] * connections, told, make, lambda _, offset: told.finished.append(offset), figures
    )
    made.own(0, known, parked or {})
    task = asyncio.ensure_future(made.run())
    try:
        yield made
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def idle(made: Dispatcher) -> None:
    """Wait until nothing is under way."""
    for _ in range(20_000):
        await asyncio.sleep(0)
        if not made.busy():
            return
    pytest.fail("it never came to an end")


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once: nothing here waits for a clock."""
    monkeypatch.setattr(dispatcher, "pause", lambda _: 1e-9)
    monkeypatch.setattr(retry, "pause", lambda _: 0.0)


async def test_a_stay_is_delivered_in_order_and_several_at_once() -> None:
    """As many as there are connections, and never two of one stay."""
    told = Told()
    async with running(told) as made:
        for offset in range(60):
            made.take(f"E{offset % 6}", 0, item(f"E{offset % 6}", offset, offset))
        await idle(made)
    for stay in range(6):
        mine = [one for one in told.sent if one.startswith(f"E{stay}-")]
        assert mine == [f"E{stay}-{offset}" for offset in range(stay, 60, 6)]
    assert told.most == 3
    assert sorted(told.finished) == [*range(60)]
    assert {outcome for _, outcome, _ in told.written} == {"accepted"}


async def test_a_record_is_let_go_only_when_it_is_written_down() -> None:
    """The other way round a crash between would lose what the billing system said."""
    told = Told()
    seen: list[int] = []

    async def decided(*_: object) -> None:
        seen.append(len(told.finished))

    told.decided = decided  # type: ignore[method-assign] # told otherwise for once
    async with running(told) as made:
        made.take("E1", 0, item("E1", 1, 7))
        await idle(made)
    assert (seen, told.finished) == ([0], [7])


async def test_what_may_be_taken_later_is_tried_again_and_blocks_nobody() -> None:
    """Its own stay waits for it; the others go on."""
    told = Told()
    told.says = lambda line, times: "again" if line == "E1-1" and times < 5 else "accepted"
    async with running(told, connections=1) as made:
        for number in (1, 2):
            made.take("E1", 0, item("E1", number, number))
        made.take("E2", 0, item("E2", 3, 3))
        await idle(made)
    assert told.sent.count("E1-1") == 6
    assert told.sent[-2:] == ["E1-1", "E1-2"]
    assert told.sent.index("E2-3") < 3


async def test_a_refused_change_parks_its_stay_and_no_other() -> None:
    """What comes behind it is kept with it, in order, and its records are let go."""
    told = Told()
    told.says = lambda line, _times: "refused" if line == "E1-1" else "accepted"
    async with running(told) as made:
        for number in (1, 2):
            made.take("E1", 0, item("E1", number, number))
        made.take("E2", 0, item("E2", 3, 3))
        await idle(made)
        assert made.parked() == 1
        made.take("E1", 0, item("E1", 4, 4))
        made.take("E1", 0, item("E1", 4, 5))  # the same again, as a worker sends after a crash
        await asyncio.sleep(0.01)
        assert told.kept == {"E1": ["E1-1", "E1-2", "E1-4"]}
    assert sorted(told.sent) == ["E1-1", "E2-3"]
    assert sorted(told.finished) == [1, 2, 3, 4, 5]
    assert sorted(told.written) == [
        ("E1-1", "refused", "AR"), ("E1-2", "withheld", None), ("E1-4", "withheld", None), ("E2-3", "accepted", "AA"),
    ]  # fmt: skip


async def test_a_parked_stay_is_tried_again_at_the_next_start_in_its_order() -> None:
    """And what was read meanwhile comes behind what was kept."""
    told = Told()
    told.kept["E1"] = ["E1-1", "E1-2"]
    kept = Kept("billing", Refusal("AR", None), [item("E1", 1, None), item("E1", 2, None)])
    async with running(told, parked={"E1": kept}) as made:
        made.take("E1", 0, item("E1", 3, 3))
        await idle(made)
        assert made.parked() == 0
    assert told.sent == ["E1-1", "E1-2", "E1-3"]
    assert told.kept == {}
    assert told.finished == [3]


async def test_a_parked_stay_that_is_refused_again_stays_whole() -> None:
    """With the one that was taken taken off, and the one that came added."""
    told = Told()
    told.says = lambda line, _times: "refused" if line == "E1-2" else "accepted"
    kept = Kept("billing", Refusal("AR", None), [item("E1", 1, None), item("E1", 2, None)])
    async with running(told, parked={"E1": kept}) as made:
        made.take("E1", 0, item("E1", 3, 3))
        await idle(made)
        assert made.parked() == 1
    assert told.sent == ["E1-1", "E1-2"]
    assert told.kept == {"E1": ["E1-2", "E1-3"]}
    assert told.finished == [3]


async def test_what_was_acknowledged_is_not_sent_again() -> None:
    """Neither what the last run wrote down nor what this one did."""
    told = Told()
    first = item("E1", 1, 1)
    async with running(told, known=(first.control_id,)) as made:
        for number, offset in ((1, 1), (2, 2), (2, 3)):
            made.take("E1", 0, item("E1", number, offset))
        await idle(made)
    assert told.sent == ["E1-2"]
    assert told.finished == [1, 2, 3]


async def test_a_billing_system_that_is_away_parks_nothing() -> None:
    """However long it takes; then everything goes out in order."""
    told = Told()
    told.says = lambda _line, _times: None if len(told.sent) < 50 else "accepted"
    async with running(told) as made:
        for offset in range(6):
            made.take(f"E{offset % 2}", 0, item(f"E{offset % 2}", offset, offset))
        await idle(made)
    assert sorted(told.finished) == [*range(6)]
    assert {outcome for _, outcome, _ in told.written} == {"accepted"}


async def test_a_message_that_is_put_off_while_others_are_taken_is_parked_in_the_end() -> None:
    """Else one bad account would hold the position for ever."""
    told = Told()
    told.says = lambda line, _times: "again" if line == "E1-1" else "accepted"
    async with running(told, connections=1) as made:
        made.take("E1", 0, item("E1", 1, 1))
        for number in range(2, 200):
            made.take(f"E{number}", 0, item(f"E{number}", number, number))
            await asyncio.sleep(0.0005)
        await idle(made)
        assert made.parked() == 1
    assert told.sent.count("E1-1") >= retry.COUNTED_ATTEMPTS
    assert ("E1-1", "refused", "AE") in told.written


async def test_what_cannot_be_written_as_a_message_is_parked_with_its_reason() -> None:
    """A gap in the site's table, or a change that a newer release wrote; neither is ever sent."""
    told = Told()
    async with running(told) as made:
        made.take("E9", 0, Item(b'{"change": "reversal"}', 0, 9))
        await idle(made)
        assert made.parked() == 1
    assert (told.sent, told.finished, told.kept) == ([], [9], {"E9": ["?"]})


async def test_a_partition_that_is_given_up_is_sent_no_more() -> None:
    """What is on its way is waited for; what is behind it is the next owner's."""
    told = Told()
    told.gate.clear()
    async with running(told, connections=1) as made:
        for offset in range(3):
            made.take("E1", 0, item("E1", offset, offset))
        for _ in range(10):
            await asyncio.sleep(0)
        assert told.running == 1
        giving_up = asyncio.ensure_future(made.disown(0, 5.0))
        await asyncio.sleep(0)
        told.gate.set()
        await giving_up
    assert told.sent == ["E1-0"]
    assert told.finished == [0]
