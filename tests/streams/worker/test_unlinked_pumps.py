"""Pumps that nobody is linked to are counted: by the worker from its memory, by ``infusion status`` from the changelog."""

from types import SimpleNamespace
from typing import Any

from pump_wire import order, pump
from wire import SITE

from streams.feeds.association import Associations
from streams.feeds.read_wire import convert
from streams.operations.unlinked_pumps import UnlinkedPumps
from streams.worker.association_store import AssociationStore


def test_both_count_the_same() -> None:
    """Until the order comes."""
    kept: list[Any] = []
    app: Any = SimpleNamespace(
        when_revoked=lambda _: None,
        put=lambda _table, _partition, key, value: kept.append(SimpleNamespace(key=key, value=bytes(value))),
    )
    linker, counted = Associations(), UnlinkedPumps()
    store = AssociationStore(app, SimpleNamespace(), linker)  # type: ignore[arg-type]  # the table is only passed on
    states = store.states(0)
    states[b"GH"] = linker.restored(())
    told = []
    for one in (
        pump("start", "0800"),
        pump("start", "0800", device="P2", program="X", order="O2"),
        order(),
        order("O2"),
    ):
        linked = linker.link(states[b"GH"], convert(one, "hl7v2", SITE), 0)
        store.keep(0, b"GH", dict(linked.changes))
        for record in kept:
            counted.take(record)
        told.append((store.unlinked, counted.count))
    assert told == [(1, 1), (2, 2), (1, 1), (0, 0)]


def test_what_it_cannot_read_is_not_counted() -> None:
    """A tombstone takes an entry away; an entry of another kind is none."""
    counted = UnlinkedPumps()
    for key, value in ((b"GH\x00o|O1", b"[1,2]"), (b"GH\x00p|P", b"[0,[],[],{},{},2]"), (b"GH\x00p|Q", b"{")):
        counted.take(SimpleNamespace(key=key, value=bytes(value)))
    assert counted.count == 2
    counted.take(SimpleNamespace(key=b"GH\x00p|P", value=None))
    assert counted.count == 0
