"""Laws of pumps: no order of arrival, no duplicate and no restart changes what is charged; nothing escapes."""

from functools import cache
from itertools import permutations
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from orjson import dumps, loads
from pump_wire import EVENTS, order, pump, report
from wire import adt, visit

from streams.cli import main
from streams.feeds.association import Associations
from streams.feeds.hl7v2.batches import messages
from streams.feeds.read_wire import convert
from streams.feeds.site_mapping import read_site
from streams.wire.event_json import read as read_event
from streams.wire.rejects import Reject

SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "wire"
PUMPS = sorted((SEEDS / "pumps").glob("*.hl7"))
_READ = read_site((SEEDS / "site.toml").read_text(encoding="utf-8"))
assert not isinstance(_READ, str)
SITE = _READ


def events_of(sent: list[bytes], *, restarts: int = 0) -> bytes:
    """Return the events of messages in this order; after every so many the worker restarts from what was written."""
    linker = Associations()
    state, entries, lines = linker.restored(()), {}, []
    for number, one in enumerate(sent):
        linked = linker.link(state, convert(one, "hl7v2", SITE), number)
        for name, value in linked.changes.items():
            assert value is not None
            entries[name] = value
        lines += [dumps(event) for event in linked.conversion.events]
        if restarts and number % restarts == 0:
            state = linker.restored(entries.items())
    return b"\n".join(lines)


def coded(events: bytes) -> list[object]:
    """Return the charge sets of these events, without what names the events themselves."""
    run = CliRunner().invoke(main, ["code", "-q"], input=events)
    return [
        [one["encounter_id"], one["status"], one["lines"], one["flags"], one["not_billed"]]
        for one in map(loads, run.stdout_bytes.splitlines())
    ]


@cache
def in_order(path: Path) -> str:
    """Return what a stay's messages come to in the order they were sent."""
    return repr(coded(events_of([*messages(path.read_bytes())])))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("path", PUMPS, ids=[path.stem for path in PUMPS])
def test_any_order_of_arrival_gives_the_same_charges(path: Path, seed: int) -> None:
    """Orders, beds and pumps in any order, some of them twice, the worker restarted in between."""
    chance = Random(seed)  # noqa: S311 - chance, not secrecy
    sent = [*messages(path.read_bytes())]
    sent += chance.choices(sent, k=3)
    chance.shuffle(sent)
    assert repr(coded(events_of(sent, restarts=seed * 2))) == in_order(path)


CLOCKS = st.sampled_from([f"{hour:02}{minute:02}" for hour in (8, 9) for minute in range(0, 60, 7)])
WORDS = st.builds(
    pump,
    st.sampled_from(sorted(EVENTS)),
    CLOCKS,
    st.sampled_from(["delivering", "not-delivering", "transitioning", "kvo"]),
    order=st.sampled_from(["", "O1", "O2"]),
    program=st.sampled_from(["", "PRG1"]),
    bed=st.sampled_from(["", "ED1^1^1"]),
    source=st.sampled_from(["primary", "secondary", "clinician", "loading", "pca"]),
    total=st.sampled_from([None, 0, 10]),
    rate=st.sampled_from([0, 80, 100]),
    segment=st.sampled_from([None, 5]),
)
OTHERS = st.one_of(
    st.builds(report, CLOCKS, st.sampled_from(["delivering", "not-delivering", "kvo"])),
    st.builds(
        order,
        st.sampled_from(["O1", "O2"]),
        st.sampled_from(["0745", "0815"]),
        st.sampled_from(["", "V1", "V2"]),
    ),
    st.builds(
        lambda trigger, bed, stay: adt(trigger, pv1=visit(f3=bed, f19=stay), f6="20260302074000-0500"),
        st.sampled_from(["A01", "A02", "A03", "A11"]),
        st.sampled_from(["ED1^1^1", "OBS^2^2"]),
        st.sampled_from(["V1", "V2"]),
    ),
)


def standing(events: bytes) -> set[bytes]:
    """Return what the pump's events say that nothing took back, without their ids."""
    told = [loads(line) for line in events.splitlines()]
    gone = {event["voids_event_id"] for event in told if event["type"] == "event_voided"}
    aside = {"event_id", "recorded_at"}
    return {
        dumps({name: value for name, value in event.items() if name not in aside})
        for event in told
        if event["source"] == "pump" and event["type"] != "event_voided" and event["event_id"] not in gone
    }


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.one_of(WORDS, WORDS, OTHERS), max_size=9),
    st.randoms(use_true_random=False),
    st.integers(0, 3),
)
def test_any_words_of_any_pump_in_any_order(sent: list[bytes], chance: Random, restarts: int) -> None:
    """However senseless they are; every event is one that the contract takes."""
    events = events_of(sent)
    for line in events.splitlines():
        assert not isinstance(read_event(line), Reject)
    shuffled = [*sent, *chance.choices(sent, k=2)] if sent else []
    chance.shuffle(shuffled)
    assert standing(events_of(shuffled, restarts=restarts)) == standing(events)


def test_the_end_of_all_programs_may_tell_the_bed() -> None:
    """The only word that names a bed is about the whole pump; who lies there is told before it or after it."""
    unnamed = {"order": "", "program": "", "rate": 0}
    sent = [
        report("0800", "delivering"),
        pump("cleared", "0800", **unnamed),
        pump("cleared", "0807", bed="ED1^1^1", **unnamed),
        adt("A01", pv1=visit(f3="ED1^1^1", f19="V1"), f6="20260302074000-0500"),
    ]
    orders = [standing(events_of([*order])) for order in permutations(sent)]
    assert len(orders[0]) == 2
    assert all(events == orders[0] for events in orders)


def test_one_event_of_two_programs_is_taken_back_for_one_alone() -> None:
    """A second order to the pump leaves the words that name no order unlinked; those that name theirs stay."""
    sent = [
        report("0800", "delivering"),
        order("O1", "0745", "V1"),
        order("O2", "0745", ""),
        pump("start", "0800", order="", program="", rate=0),
    ]
    for arrived in permutations(sent):
        assert len(standing(events_of([*arrived]))) == 1


@settings(max_examples=200, deadline=None)
@given(WORDS | OTHERS, st.data())
def test_nothing_escapes(one: bytes, data: st.DataObject) -> None:
    """Bytes of a message that are changed, cut or doubled end as events, facts, rejects or an ignored kind."""
    broken = bytearray(one)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(broken) - 1))
        broken[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    conversion = convert(bytes(broken), "hl7v2", SITE)
    linker = Associations()
    linked = linker.link(linker.restored(()), conversion, 1).conversion
    assert linked.events or linked.rejects or linked.ignored
