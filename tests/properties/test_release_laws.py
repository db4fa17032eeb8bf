"""Laws of what is said of a stay: whoever replays it ends with the newest set's lines, each once, crash or not."""

import os
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import ORDINARY_DAYS, encounters

from models.charge import CHARGE_SET, ChargeLine, ChargeSet
from models.encounter import Encounter
from models.line_change import LINE_CHANGE
from models.review_item import REVIEW_ITEM
from rules.claim.set_identity import at_revision, identity_of
from rules.engine import Profile, code_encounter
from streams.charging.release import charge_set_of, release
from streams.charging.release_state import ReleaseState, from_bytes, to_bytes
from streams.wire.charge_json import value_of
from streams.wire.closed_encounter_json import ClosedEncounter
from streams.wire.message import OutboundMessage
from streams.wire.topics import CHARGE_LINES, CHARGES, REVIEW

LAW = settings(max_examples=int(os.environ.get("INFUSION_HYPOTHESIS_EXAMPLES", "30")), deadline=None)
PROFILE = Profile()
NOON = 1_772_452_800


@st.composite
def closings(draw: st.DrawFn) -> list[ClosedEncounter]:
    """Draw the closings of one stay, oldest first: it changes, is doubted, withdrawn, reinstated, sent twice."""
    versions = draw(st.lists(encounters(days=ORDINARY_DAYS), min_size=1, max_size=3))
    fewer = [one._replace(administrations=one.administrations[:-1]) for one in versions]
    stays: list[Encounter] = [one._replace(encounter_id="E1") for one in (*versions, *fewer)]
    found: list[ClosedEncounter] = []
    version = 1
    for number in range(draw(st.integers(1, 7))):
        version += draw(st.sampled_from((0, 1, 1, 1)))
        status = draw(st.sampled_from(("preview", "final", "final", "final", "withdrawn")))
        stay = (
            draw(st.sampled_from(stays)) if not found or version > found[-1].version else found[-1].encounter
        )
        found.append(
            ClosedEncounter("E1", version, status, NOON + number, "late_event", None, number, stay)  # type: ignore[arg-type] # drawn from its words
        )
    return found


class Reader:
    """A billing system: holds the newest set, the lines of the changes by line id, and the open questions."""

    def __init__(self) -> None:
        self.lines: dict[str, ChargeLine] = {}
        self.charge_set: ChargeSet | None = None
        self.review: bytes | None = None

    def take(self, messages: tuple[OutboundMessage, ...]) -> None:
        """Upsert what is charged, delete what is credited, keep the newest of everything else."""
        for one in messages:
            if one.topic == CHARGES:
                self.charge_set = CHARGE_SET.validate_json(one.value) if one.value is not None else None
            elif one.topic == REVIEW:
                self.review = one.value
            elif one.topic == CHARGE_LINES:
                said = LINE_CHANGE.validate_json(one.value or b"")
                if said.change == "charge":
                    self.lines[said.line.line_id] = said.line
                else:
                    self.lines.pop(said.line.line_id, None)

    def agrees(self) -> bool:
        """Tell whether the lines are those of the newest set if that is final, else none."""
        final = self.charge_set is not None and self.charge_set.status == "final"
        return [*self.lines.values()] == [] if not final else self.lines == _by_id(self.charge_set)


def _by_id(charge_set: ChargeSet | None) -> dict[str, ChargeLine]:
    return {line.line_id: line for line in charge_set.lines} if charge_set else {}


class Run(NamedTuple):
    """The state after some records, and what each of them made."""

    state: ReleaseState | None
    messages: list[tuple[OutboundMessage, ...]]


def run(
    records: list[ClosedEncounter], state: ReleaseState | None = None, first: int = 0, committed: int = 0
) -> Run:
    """Answer records from an offset on; the state passes through its bytes each time."""
    messages = []
    for offset, one in enumerate(records, first):
        state, out = release(state, one, PROFILE, offset, committed=committed)
        if state is not None:
            assert from_bytes(to_bytes(state)) == state
        messages.append(out)
    return Run(state, messages)


@LAW
@given(closings())
def test_replaying_every_change_gives_the_lines_of_the_newest_set(records: list[ClosedEncounter]) -> None:
    """After every record, whatever came before: charged is what the newest set says, if it is final."""
    reader = Reader()
    for messages in run(records).messages:
        reader.take(messages)
        assert reader.agrees()


@LAW
@given(closings())
def test_a_reader_who_adds_up_agrees_too(records: list[ClosedEncounter]) -> None:
    """A line is credited only while it is charged, as it was charged, and charged only while it is not."""
    charged: dict[str, ChargeLine] = {}
    for messages in run(records).messages:
        said = [LINE_CHANGE.validate_json(one.value or b"") for one in messages if one.topic == CHARGE_LINES]
        assert [one.change for one in said] == sorted((one.change for one in said), reverse=True)
        for one in said:
            if one.change == "credit":
                assert charged.pop(one.line.line_id) == one.line
            else:
                assert charged.setdefault(one.line.line_id, one.line) is one.line


@LAW
@given(closings())
def test_revisions_rise_and_each_names_the_one_before(records: list[ClosedEncounter]) -> None:
    """Whole sets, one after the other, each as coding the stay at that revision gives it; a withdrawal has a revision too."""
    last, before = 0, None
    for one, messages in zip(records, run(records).messages, strict=True):
        for value in (message.value for message in messages if message.topic == CHARGES):
            if value is None:
                last += 1
                before = identity_of(charge_set_of(one, PROFILE), last)
                continue
            found = CHARGE_SET.validate_json(value)
            assert (found.revision, found.replaces) == (last + 1, before)
            last, before = found.revision, found.charge_set_id
            expected = at_revision(code_encounter(one.encounter, PROFILE).charge_set, last, found.replaces)
            if one.status == "preview" and expected.status == "final":
                assert value == value_of(expected).replace(b'"status":"final"', b'"status":"preview"')
            else:
                assert value == value_of(expected)


@LAW
@given(closings())
def test_unchanged_says_nothing_and_changed_says_all(records: list[ClosedEncounter]) -> None:
    """A record makes messages if and only if the set, its status or its being there differs from the last."""
    before: tuple[Any, ...] | None = None
    for one, messages in zip(records, run(records).messages, strict=True):
        found = code_encounter(one.encounter, PROFILE).charge_set
        now: tuple[Any, ...] | None = (one.status == "preview" and found.status == "final", found)
        if one.status == "withdrawn":
            now = None
        assert (messages != ()) == (now != before)
        before = now


@LAW
@given(closings())
def test_a_question_is_open_exactly_while_the_newest_set_asks_one(records: list[ClosedEncounter]) -> None:
    """What blocks or warns stands on the review topic, and nothing else does."""
    reader = Reader()
    for messages in run(records).messages:
        reader.take(messages)
        asked = (
            [flag for flag in reader.charge_set.flags if flag.severity != "info"] if reader.charge_set else []
        )
        if not asked:
            assert reader.review is None
        else:
            assert [*REVIEW_ITEM.validate_json(reader.review or b"").flags] == asked


@LAW
@given(closings(), st.data())
def test_a_crash_between_state_and_messages_loses_nothing(
    records: list[ClosedEncounter], data: st.DataObject
) -> None:
    """
    The state of a checkpoint is stored, any part of its messages is out, the records come again from the commit.

    The reader ends where one ends who saw everything once.
    """
    cut = data.draw(st.integers(0, len(records)))
    last = data.draw(st.integers(cut, len(records)))
    reader, undisturbed = Reader(), Reader()
    whole = run(records)
    for messages in whole.messages:
        undisturbed.take(messages)
    committed = run(records[:cut])
    stored = run(records[cut:last], committed.state, cut, committed=cut)
    for messages in committed.messages:
        reader.take(messages)
    seen = [one for messages in stored.messages for one in messages]
    by_topic = {
        topic: [one for one in seen if one.topic == topic] for topic in (CHARGE_LINES, CHARGES, REVIEW)
    }
    for there in by_topic.values():  # each topic is written in order; how far it got differs
        reader.take(tuple(there[: data.draw(st.integers(0, len(there)))]))
    again = run(records[cut:], stored.state, cut, committed=cut)
    for messages in again.messages:
        reader.take(messages)
    assert reader.agrees()
    assert (reader.charge_set, reader.review) == (undisturbed.charge_set, undisturbed.review)
    assert (again.state is None) == (whole.state is None)
    if again.state is not None and whole.state is not None:
        assert _apart_from_what_is_out(again.state) == _apart_from_what_is_out(whole.state)


def _apart_from_what_is_out(state: ReleaseState) -> ReleaseState:
    """Leave out what depends on how far the commits got: the steps, and whether a tombstone may be missing."""
    return state._replace(pending_revisions=(), review_sent=False)


@LAW
@given(closings(), st.data())
def test_the_newest_record_again_is_answered_alike(
    records: list[ClosedEncounter], data: st.DataObject
) -> None:
    """Byte for byte: values, keys, ids, times."""
    upto = data.draw(st.integers(1, len(records)))
    state, messages = run(records[:upto])
    if state is None:
        return
    first = [one for batch in messages for one in batch if one.topic == CHARGE_LINES]
    offset = state.offset
    made = release(state, records[offset], PROFILE, offset)
    assert made.state == state
    assert [one for one in made.messages if one.topic == CHARGE_LINES] == first
    assert [one for one in made.messages if one.topic == CHARGES] == [
        one for batch in messages for one in batch if one.topic == CHARGES
    ][-1:]


@LAW
@given(closings())
def test_an_older_version_never_matters(records: list[ClosedEncounter]) -> None:
    """Each record once more at the end: whatever is older than the newest is passed over."""
    state, _ = run(records)
    for one in records:
        if state is not None and one.version < state.version:
            assert release(state, one, PROFILE, 99) == (state, ())
