"""What is said of a closed stay, given what was said before: each boundary once, by hand."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zlib import compress

import cramjam
import pytest
from golden import all_cases, profile_of
from orjson import dumps, loads
from second_coder_timelines import BLANK, EMPTY
from timeline import events_of

from models.charge import CHARGE_SET, ChargeLine
from models.drug import Drug
from models.encounter import Encounter, Flow, RefusedEvent
from models.line_change import LINE_CHANGE, LineChange
from models.review_item import REVIEW_ITEM
from rules.claim.set_identity import at_revision, identity_in_26_11, identity_of
from rules.data_files import POLICIES
from rules.engine import Profile, code_encounter
from streams.charging.release import charge_set_of, messages_of, release
from streams.charging.release_state import ReleaseState, UnreadableReleaseError, from_bytes, to_bytes
from streams.encounter.fold import fold
from streams.wire.charge_json import value_of, written
from streams.wire.closed_encounter_json import ClosedEncounter
from streams.wire.message import OutboundMessage
from streams.wire.topics import CHARGE_LINES, CHARGES, REVIEW

PROFILE = Profile()
MORNING = int(datetime(2026, 3, 2, 13, tzinfo=UTC).timestamp())
EVENING = MORNING + 12 * 3600


def stay(minutes: int = 91, *, pushes: int = 0, **told: Any) -> Encounter:
    """Return a discharged stay with an infusion of so many minutes and so many pushes after it."""
    drip = BLANK._replace(
        administration_id="A1",
        drug=Drug(name="ceftriaxone"),
        flows=(Flow(MORNING, MORNING + 60 * minutes),),
        given_at=MORNING,
        touched=(MORNING + 60 * minutes,),
    )
    given = [drip] + [
        BLANK._replace(
            administration_id=f"B{number}",
            technique="push",
            drug=Drug(name=name),
            given_at=MORNING + 60 * (300 + 60 * number),
        )
        for number, name in zip(range(pushes), ("ondansetron", "morphine", "ketorolac"), strict=False)
    ]
    return EMPTY._replace(
        encounter_id="E1", standing="discharged", setting="facility", payer="medicare", time_zone="UTC",
        arrived_at=MORNING - 3600, departed_at=MORNING + 10 * 3600, last_recorded_at=MORNING + 10 * 3600,
        administrations=tuple(given),
    )._replace(**told)  # fmt: skip


STOPLESS = stay(administrations=(stay().administrations[0]._replace(flows=(), given_at=None),))
"""A drip nobody charted a time for: the set is held."""


def closed(encounter: Encounter, version: int = 1, **told: Any) -> ClosedEncounter:
    """Return a final closing of a stay, unless told otherwise; each version is decided an hour after the one before."""
    return ClosedEncounter(
        encounter.encounter_id, version, "final", EVENING + 3600 * version, "confirmed", None, 9, encounter
    )._replace(**told)


def said(*closings: ClosedEncounter) -> tuple[ReleaseState | None, list[tuple[OutboundMessage, ...]]]:
    """Return the state and the messages after each closing, one record after the other."""
    state, messages = None, []
    for offset, one in enumerate(closings):
        state, out = release(state, one, PROFILE, offset, committed=offset)
        messages.append(out)
    return state, messages


def changes(messages: tuple[OutboundMessage, ...]) -> list[LineChange]:
    """Return the line changes among messages."""
    return [LINE_CHANGE.validate_json(one.value or b"") for one in messages if one.topic == CHARGE_LINES]


def told(messages: tuple[OutboundMessage, ...]) -> list[str]:
    """Return line changes as a person says them."""
    return [f"{one.revision} {one.change} {one.line.code} x{one.line.units}" for one in changes(messages)]


def on(topic: str, messages: tuple[OutboundMessage, ...]) -> list[bytes | None]:
    """Return the values for a topic."""
    return [one.value for one in messages if one.topic == topic]


# ---------------------------------------------------------------- the first word


def test_a_final_stay_is_charged_line_by_line() -> None:
    """The whole set as ``infusion code`` writes it, and one charge a line, in the set's order."""
    _, (messages,) = said(closed(stay()))
    expected = code_encounter(stay(), PROFILE).charge_set
    assert on(CHARGES, messages) == [written(expected).removesuffix(b"\n")]
    assert told(messages) == ["1 charge 96365 x1", "1 charge 96366 x1"]
    assert [one.line for one in changes(messages)] == [*expected.lines]
    assert {one.charge_set_id for one in changes(messages)} == {expected.charge_set_id}
    assert {one.key for one in messages} == {b"E1"}


def test_a_preview_is_shown_and_nothing_is_charged() -> None:
    """Until the confirm window has passed."""
    _, (messages,) = said(closed(stay(), status="preview"))
    (value,) = on(CHARGES, messages)
    assert CHARGE_SET.validate_json(value or b"").status == "preview"
    assert told(messages) == []


def test_a_held_set_is_shown_nothing_is_charged_and_a_person_is_asked() -> None:
    """Held stays held, inside the confirm window as after it."""
    for status in ("preview", "final"):
        _, (messages,) = said(closed(STOPLESS, status=status))
        (value,) = on(CHARGES, messages)
        found = CHARGE_SET.validate_json(value or b"")
        assert found.status == "held"
        assert told(messages) == []
        (asked,) = on(REVIEW, messages)
        item = REVIEW_ITEM.validate_json(asked or b"")
        assert item.status == "held"
        assert (item.charge_set_id, item.revision) == (found.charge_set_id, 1)
        assert item.flags == tuple(flag for flag in found.flags if flag.severity != "info")
        assert item.suggestion == next(flag for flag in item.flags if flag.severity == "block").suggestion
        assert item.not_billed == found.not_billed
        assert item.lines_shown == len(found.lines)


def test_a_set_without_a_question_asks_nobody() -> None:
    """A flag that only informs is in the set and nowhere else."""
    _, (messages,) = said(closed(stay()))
    found = CHARGE_SET.validate_json(on(CHARGES, messages)[0] or b"")
    assert {flag.severity for flag in found.flags} <= {"info"}
    assert on(REVIEW, messages) == []


def test_a_stay_with_nothing_given_has_a_set_without_lines() -> None:
    """Coded, and nothing to charge: readers are told so."""
    _, (messages,) = said(closed(stay(administrations=())))
    assert len(on(CHARGES, messages)) == 1
    assert told(messages) == []


def test_a_stay_withdrawn_before_anything_was_said_is_not_mentioned() -> None:
    """No tombstone for what never was."""
    assert said(closed(stay(), status="withdrawn", reason="cancelled")) == (None, [()])


# ---------------------------------------------------------------- the next word


def test_an_unchanged_stay_is_not_mentioned_again() -> None:
    """A late event that changes no charge costs readers nothing; the state knows the newer version."""
    state, (_, messages) = said(closed(stay()), closed(stay(), 2, reason="late_event"))
    assert messages == ()
    assert state is not None
    assert (state.version, state.revision, state.offset) == (2, 1, 1)


def test_a_preview_that_is_confirmed_is_charged() -> None:
    """The final set replaces the preview; all its lines are new."""
    _, (_, messages) = said(closed(stay(), status="preview"), closed(stay(), 1, closed_at=EVENING + 9000))
    (value,) = on(CHARGES, messages)
    found = CHARGE_SET.validate_json(value or b"")
    assert (found.status, found.revision, found.replaces) == ("final", 2, identity_of(found, 1))
    assert value == value_of(code_encounter(stay(), PROFILE, revision=2).charge_set)
    assert told(messages) == ["2 charge 96365 x1", "2 charge 96366 x1"]


def test_a_changed_line_is_credited_as_it_was_and_charged_as_it_is() -> None:
    """Credits before charges; a line that stayed as it was is left alone."""
    _, (first, messages) = said(closed(stay(211, pushes=1)), closed(stay(331, pushes=1), 2))
    assert told(first) == ["1 charge 96365 x1", "1 charge 96366 x3", "1 charge 96375 x1"]
    assert told(messages)[:2] == ["2 credit 96365 x1", "2 credit 96366 x3"]
    assert told(messages)[2:] == ["2 charge 96365 x1", "2 charge 96366 x5"]
    credited = [one.line for one in changes(messages) if one.change == "credit"]
    assert credited == [one.line for one in changes(first)][:2]


def test_a_line_that_comes_is_charged_and_one_that_goes_is_credited() -> None:
    """Nothing else is mentioned."""
    _, (_, more, less) = said(
        closed(stay()), closed(stay(pushes=1), 2), closed(stay(departed_at=MORNING + 9 * 3600), 3)
    )
    assert told(more) == ["2 charge 96375 x1"]
    assert told(less) == ["3 credit 96375 x1"]


def test_a_set_that_is_held_after_it_was_final_is_credited_whole() -> None:
    """Nothing of a held set is released, so nothing may stay charged; its review takes the place of none."""
    _, (first, messages) = said(closed(stay()), closed(STOPLESS, 2))
    assert told(messages) == [line.replace("1 charge", "2 credit", 1) for line in told(first)]
    assert len(on(REVIEW, messages)) == 1


def test_a_final_set_that_is_in_doubt_again_is_credited_whole_and_charged_again_later() -> None:
    """A reopened stay is a preview until it is confirmed."""
    _, (_, doubt, sure) = said(closed(stay()), closed(stay(), 2, status="preview"), closed(stay(), 3))
    assert told(doubt) == ["2 credit 96365 x1", "2 credit 96366 x1"]
    assert told(sure) == ["3 charge 96365 x1", "3 charge 96366 x1"]


def test_a_question_that_is_answered_is_taken_back_once() -> None:
    """A tombstone on the review topic when nothing waits any more; a third revision says nothing about it."""
    _, (_, answered, later) = said(closed(STOPLESS), closed(stay(), 2), closed(stay(pushes=1), 3))
    assert on(REVIEW, answered) == [None]
    assert on(REVIEW, later) == []


def test_a_withdrawn_stay_is_credited_and_its_charges_and_questions_are_taken_back() -> None:
    """Tombstones on the compacted topics, credits on the other."""
    _, (_, messages) = said(closed(stay()), closed(stay(), 2, status="withdrawn", merged_into="E2"))
    assert told(messages) == ["2 credit 96365 x1", "2 credit 96366 x1"]
    assert on(CHARGES, messages) == [None]
    withdrawn = charge_set_of(closed(stay(), 2, status="withdrawn"), PROFILE)
    assert {one.charge_set_id for one in changes(messages)} == {identity_of(withdrawn, 2)}
    _, (_, messages) = said(closed(STOPLESS), closed(STOPLESS, 2, status="withdrawn"))
    assert (on(CHARGES, messages), on(REVIEW, messages), told(messages)) == ([None], [None], [])


def test_a_cancelled_stay_is_withdrawn_whatever_the_closing_calls_it() -> None:
    """A cancelled set has no lines: it is never on the topic."""
    _, (_, messages) = said(closed(stay()), closed(stay(standing="cancelled"), 2))
    assert on(CHARGES, messages) == [None]
    assert told(messages) == ["2 credit 96365 x1", "2 credit 96366 x1"]


def test_withdrawn_twice_is_withdrawn_once() -> None:
    """No second tombstone."""
    gone = {"status": "withdrawn", "reason": "cancelled"}
    _, (*_, messages) = said(closed(stay()), closed(stay(), 2, **gone), closed(stay(), 3, **gone))
    assert messages == ()


def test_a_stay_reinstated_is_a_new_revision() -> None:
    """The withdrawal was one of its own, so no id comes twice with two meanings; it is what the third one replaces."""
    _, (*_, messages) = said(closed(stay()), closed(stay(), 2, status="withdrawn"), closed(stay(), 3))
    (value,) = on(CHARGES, messages)
    withdrawn = identity_of(charge_set_of(closed(stay(), 2, status="withdrawn"), PROFILE), 2)
    assert value == value_of(at_revision(code_encounter(stay(), PROFILE).charge_set, 3, withdrawn))
    assert told(messages) == ["3 charge 96365 x1", "3 charge 96366 x1"]


# ---------------------------------------------------------------- out of turn


def test_an_older_version_is_ignored() -> None:
    """Whatever its place in the topic: the newer one was told already."""
    state, _ = said(closed(stay(), 2))
    assert release(state, closed(stay(211), 1), PROFILE, 7) == (state, ())


def test_versions_that_begin_anew_are_newer_where_they_were_decided_later() -> None:
    """States were begun anew after a changelog was lost: what is known since then counts, and is said once."""
    state, _ = said(closed(stay()), closed(stay(pushes=1), 2), closed(stay(pushes=2), 3))
    anew = closed(stay(pushes=3), 1)._replace(closed_at=EVENING + 3600 * 9)
    state, messages = release(state, anew, PROFILE, 7)
    assert messages
    assert state is not None
    assert (state.revision, state.closed_at) == (4, anew.closed_at)
    for offset, before in enumerate([closed(stay()), closed(stay(pushes=1), 2), closed(stay(pushes=2), 3)]):
        assert release(state, before, PROFILE, offset).state == state, "delivered again after a crash"
    later = closed(stay(), 2)._replace(closed_at=EVENING + 3600 * 10)
    newest, messages = release(state, later, PROFILE, 8)
    assert messages
    assert newest is not None
    assert newest.revision == 5


def test_what_was_charged_before_states_were_begun_anew_is_withdrawn() -> None:
    """The stay was cancelled or merged since, and its new state never coded it: its one withdrawal counts."""
    state, _ = said(closed(stay()), closed(stay(), 2))
    gone = closed(stay(standing="cancelled"), 1, status="withdrawn", closed_at=EVENING + 3600 * 9)
    _, messages = release(state, gone, PROFILE, 7)
    assert on(CHARGES, messages) == [None]
    assert told(messages) == ["2 credit 96365 x1", "2 credit 96366 x1"]
    assert release(None, gone, PROFILE, 7) == (None, ())


def test_the_same_record_again_is_answered_from_the_state() -> None:
    """Byte for byte, ids and times included, whatever policy the worker runs under by now."""
    state, (first,) = said(closed(stay()))
    elsewhere = Profile(overrides=(("P-28", "0"),))
    assert release(state, closed(stay()), elsewhere, 0) == (state, first)
    assert state is not None
    assert release(from_bytes(to_bytes(state)), closed(stay()), PROFILE, 0).messages == first


def test_several_revisions_between_two_checkpoints_are_all_said_again() -> None:
    """After a crash the state is ahead of the topics: each of the records again brings all that may not be out."""
    closings = [closed(stay()), closed(stay(pushes=1), 2), closed(stay(pushes=2), 3)]
    state, once = None, []
    for offset, one in enumerate(closings, 10):
        state, messages = release(state, one, PROFILE, offset, committed=10)
        once += [*messages]
    again = [release(state, one, PROFILE, offset, committed=10) for offset, one in enumerate(closings, 10)]
    assert [made.state for made in again] == [state] * 3
    lines = [one for one in once if one.topic == CHARGE_LINES]
    for made in again:
        assert [one for one in made.messages if one.topic == CHARGE_LINES] == lines
        assert on(CHARGES, made.messages) == on(CHARGES, tuple(once))[-1:]


def test_what_answers_a_record_is_out_once_that_record_is_committed_after_a_crash() -> None:
    """Not only once the newest is: between the two, what the first had said would count as out and never be."""
    first, second = closed(stay()), closed(stay(pushes=1), 2)
    state, lost = release(None, first, PROFILE, 3, committed=3)
    state, _ = release(state, second, PROFILE, 4, committed=3)
    _, again = release(state, first, PROFILE, 3, committed=3)
    _, later = release(state, second, PROFILE, 4, committed=4)
    assert told(lost) == told(again)[: len(told(lost))]
    assert {*told(again)} >= {*told(later)}


def test_what_is_known_to_be_out_is_neither_kept_nor_said_again() -> None:
    """A state holds what may be missing, not a history."""
    state, _ = release(None, closed(stay()), PROFILE, 3, committed=3)
    state, _ = release(state, closed(stay(pushes=1), 2), PROFILE, 9, committed=9)
    assert state is not None
    assert [pending.offset for pending in state.pending_revisions] == [9]
    assert [len(messages_of(state, "E1", committed)) for committed in (0, 9, 10)] == [2, 2, 0]


def test_an_unchanged_record_keeps_what_may_not_be_out() -> None:
    """The crash comes after a record that changed nothing: the revision before it is said again with it."""
    state, first = release(None, closed(stay()), PROFILE, 3, committed=3)
    state, none = release(state, closed(stay(), 2), PROFILE, 4, committed=3)
    assert none == ()
    assert release(state, closed(stay()), PROFILE, 3, committed=3) == (state, first)
    assert release(state, closed(stay(), 2), PROFILE, 4, committed=3) == (state, first)
    assert release(state, closed(stay(), 2), PROFILE, 4, committed=4) == (state, ())


def test_a_question_taken_back_between_two_checkpoints_is_taken_back_again() -> None:
    """The tombstone may not be out either."""
    state, _ = release(None, closed(STOPLESS), PROFILE, 3, committed=3)
    state, _ = release(state, closed(stay(), 2), PROFILE, 4, committed=3)
    state, messages = release(state, closed(stay(pushes=1), 3), PROFILE, 5, committed=3)
    assert on(REVIEW, messages) == [None]
    assert on(REVIEW, release(state, closed(stay(pushes=1), 3), PROFILE, 5, committed=3).messages) == [None]


def test_a_copy_of_a_record_further_on_changes_nothing() -> None:
    """Whoever closes stays sends again after a crash, too."""
    state, _ = said(closed(stay()))
    assert release(state, closed(stay()), Profile(overrides=(("P-28", "0"),)), 8) == (state, ())


def test_an_earlier_decision_on_the_same_version_is_not_taken_for_a_newer_one() -> None:
    """The preview comes again after the crash, the final set is known already: it stays final."""
    preview, final = closed(stay(), status="preview"), closed(stay(), closed_at=EVENING + 9000)
    state, (_, messages) = said(preview, final)
    assert release(state, preview, PROFILE, 0, committed=1) == (state, ())
    assert release(state, final, PROFILE, 1, committed=1) == (state, messages)


def test_in_a_topic_made_anew_offsets_begin_again_and_nothing_new_is_missed() -> None:
    """What was decided later is new, however small its offset."""
    state, _ = release(None, closed(stay(), status="preview"), PROFILE, 900, committed=900)
    later, messages = release(state, closed(stay(), closed_at=EVENING + 9000), PROFILE, 0, committed=0)
    assert told(messages) == ["2 charge 96365 x1", "2 charge 96366 x1"]
    assert release(later, closed(stay(pushes=1), 2), PROFILE, 1, committed=1).messages != ()


# ---------------------------------------------------------------- names and times


def test_ids_differ_and_are_those_of_what_they_name() -> None:
    """Topic, stay, revision, and for a line which one and which way: the same words, the same id."""
    _, messages = said(closed(STOPLESS), closed(stay()._replace(encounter_id="E1"), 2), closed(stay(211), 3))
    names = [dict(one.headers)["ce_id"] for batch in messages for one in batch]
    assert len(set(names)) == len(names)
    assert messages == said(closed(STOPLESS), closed(stay(), 2), closed(stay(211), 3))[1]


def test_every_message_says_when_it_was_decided_and_what_it_is() -> None:
    """The decision's instant, never the clock's; the trace of the record it answers."""
    trace = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    made = release(None, closed(STOPLESS), PROFILE, 0, traceparent=trace)
    gone = release(made.state, closed(STOPLESS, 2, status="withdrawn"), PROFILE, 1)
    kinds = [dict(one.headers)["ce_type"].decode().split(".")[-2] for one in made.messages + gone.messages]
    assert kinds == ["charge_set", "review", "charges_withdrawn", "review_done"]
    assert {dict(one.headers)["ce_time"] for one in made.messages} == {b"2026-03-03T02:00:00Z"}
    assert {dict(one.headers)["traceparent"] for one in made.messages} == {trace}
    assert {dict(one.headers)["ce_subject"] for one in made.messages} == {b"E1"}


# ---------------------------------------------------------------- the state, and older ones


def test_a_state_comes_back_from_its_bytes() -> None:
    """Whole, with every step."""
    state = None
    for offset, one in enumerate(
        [closed(STOPLESS), closed(stay(), 2), closed(stay(), 3, status="withdrawn")]
    ):
        state, _ = release(state, one, PROFILE, offset)
        assert state is not None
        assert from_bytes(to_bytes(state)) == state


def test_a_state_of_another_format_says_which_worker_to_run() -> None:
    """No guess at what other bytes mean; nor at damaged ones."""
    state, _ = said(closed(stay()))
    assert state is not None
    stored = to_bytes(state)
    assert stored[0] == 4
    for bad, wrong in (
        (b"\x05" + stored[1:], "has format 5, not 4"),
        (b"", "is empty"),
        (stored[:-9], "is damaged"),
        (b"\x04secret", "is damaged"),
        (b"\x03secret", "is damaged"),
    ):
        with pytest.raises(UnreadableReleaseError, match=wrong) as refused:
            from_bytes(bad)
        assert "run the release of the worker that wrote it" in str(refused.value)
        assert "secret" not in str(refused.value)


def unpacked(state: ReleaseState) -> bytes:
    """Return what the stored bytes of a state are packed of."""
    return bytes(cramjam.zstd.decompress(to_bytes(state)[1:]))


def test_a_state_of_26_11_4_is_read() -> None:
    """It had the same layout, packed by zlib."""
    state, _ = said(closed(stay()))
    assert state is not None
    assert from_bytes(b"\x03" + compress(unpacked(state))) == state


def stored_by_26_11_1(state: ReleaseState) -> bytes:
    """Return the bytes in which that release kept a state: the layout of today without its last field."""
    body = unpacked(state)
    length = int.from_bytes(body[:4], "big")
    head = dumps(loads(body[4 : 4 + length])[:-1])
    return b"\x02" + compress(len(head).to_bytes(4, "big") + head + body[4 + length :])


def test_a_set_of_the_release_before_is_replaced_by_its_own_id() -> None:
    """Its state has no id beside the set; a withdrawal of its time had the id it gave to the stay and revision."""
    state, _ = said(closed(stay()))
    assert state is not None
    read = from_bytes(stored_by_26_11_1(state))
    assert read == state._replace(charge_set_id=None)
    made, _ = release(read, closed(stay(211), 2), PROFILE, 5)
    assert made is not None
    assert (
        CHARGE_SET.validate_json(made.charge_set or b"").replaces
        == loads(state.charge_set or b"")["charge_set_id"]
    )
    state, _ = said(closed(stay()), closed(stay(), 2, status="withdrawn"))
    assert state is not None
    made, _ = release(from_bytes(stored_by_26_11_1(state)), closed(stay(), 3), PROFILE, 5)
    assert made is not None
    assert CHARGE_SET.validate_json(made.charge_set or b"").replaces == identity_in_26_11("E1", 2)


# ---------------------------------------------------------------- another policy between two revisions

HALF_HOUR_BESIDE = stay(
    administrations=(
        stay().administrations[0],
        stay()
        .administrations[0]
        ._replace(
            administration_id="A2",
            drug=Drug(name="vancomycin"),
            flows=(Flow(MORNING + 60 * 61, MORNING + 60 * 191),),
            given_at=MORNING + 60 * 61,
            touched=(MORNING + 60 * 191,),
        ),
    )
)
"""Two antibiotics that share half an hour: 130 minutes, of which 30 are deducted or not (P-08)."""


def held_lines(*sent: tuple[OutboundMessage, ...]) -> dict[str, ChargeLine]:
    """Return the lines a reader holds who puts charges in place by line id, and takes credits out as they were charged."""
    held: dict[str, ChargeLine] = {}
    for change in (one for messages in sent for one in changes(messages)):
        if change.change == "credit":
            assert held.pop(change.line.line_id) == change.line
        else:
            assert change.line.line_id not in held
            held[change.line.line_id] = change.line
    return held


def test_another_policy_is_another_set_of_the_same_lines() -> None:
    """A line that is on both sets keeps its id, so a reader by line id ends with the newer set and nothing twice."""
    full = Profile(overrides=(("partial_overlap", "full_time"),))
    first = release(None, closed(HALF_HOUR_BESIDE), PROFILE, 0)
    second = release(first.state, closed(HALF_HOUR_BESIDE, 2), full, 1, committed=1)
    before, after = (CHARGE_SET.validate_json(on(CHARGES, one.messages)[0] or b"") for one in (first, second))
    assert (before.overrides, after.overrides) == ({}, {"partial_overlap": "full_time"})
    assert (after.revision, after.replaces) == (2, before.charge_set_id)
    assert identity_of(before, 2) != after.charge_set_id
    units = [{line.code: line.units for line in one.lines} for one in (before, after)]
    assert units == [{"96365": 1, "96366": 1, "96367": 1}, {"96365": 1, "96366": 2, "96367": 1}]
    assert {line.line_id for line in before.lines} & {line.line_id for line in after.lines}
    assert held_lines(first.messages, second.messages) == {line.line_id: line for line in after.lines}


def test_a_replay_under_the_same_policy_is_the_same_bytes() -> None:
    """A second worker, or the same a year later."""
    profile = Profile("medicare-facility", (("missing_stop", "push"), ("kvo_rate_ceiling", "30")))
    runs = [release(None, closed(HALF_HOUR_BESIDE), profile, 0) for _ in range(2)]
    assert runs[0] == runs[1]


def test_a_policy_of_another_facility_stops_no_stream() -> None:
    """The stay is released under its own policy, as the file coder has it, and a person finds the warning in the review."""
    profile = Profile(str(POLICIES / "examples" / "north-campus.toml"))
    there = stay(facility="SOUTH")
    _, messages = release(None, closed(there), profile, 0)
    assert on(CHARGES, messages) == [value_of(code_encounter(there, profile).charge_set)]
    assert len(changes(messages)) == 2
    (item,) = on(REVIEW, messages)
    assert [flag.flag for flag in REVIEW_ITEM.validate_json(item or b"").flags] == ["F-POLICY_SCOPE"]


def older(state: ReleaseState) -> ReleaseState:
    """Return a state as an older release left it: its rulebook, and sets without the fields that grew since."""
    assert state.charge_set is not None
    text = state.charge_set.replace(b'"rulebook":"26.11.5"', b'"rulebook":"26.10.3"')
    assert text != state.charge_set
    found = CHARGE_SET.validate_json(text)
    lines = [{**vars(line), "reasons": [vars(one) for one in line.reasons]} for line in found.lines]
    for line in lines:
        del line["expected_payment"], line["procedure_ids"]
    bare = {**vars(found), "lines": lines}
    del bare["tables"], bare["policy_layers"], bare["overrides"]
    return state._replace(charge_set=value_of(bare))  # type: ignore[arg-type] # an older release's set


def test_lines_an_older_rulebook_charged_are_credited_as_it_charged_them() -> None:
    """After an upgrade the stay is coded anew: what the old set charged comes off, what the new one charges goes on."""
    state, (first,) = said(closed(stay()))
    assert state is not None
    _, messages = release(older(state), closed(stay(211), 2), PROFILE, 5)
    assert told(messages) == [
        "2 credit 96365 x1", "2 credit 96366 x1", "2 charge 96365 x1", "2 charge 96366 x3",
    ]  # fmt: skip
    credited = [one.line for one in changes(messages)][:2]
    charged = [replace(one.line, expected_payment=None, procedure_ids=()) for one in changes(first)]
    assert credited == charged


def test_a_rulebook_that_changes_no_line_moves_no_line() -> None:
    """The set names the new rulebook at a new revision, and no line is mentioned."""
    state, _ = said(closed(stay()))
    assert state is not None
    assert state.charge_set is not None
    renamed = state.charge_set.replace(b'"rulebook":"26.11.5"', b'"rulebook":"26.10.3"')
    made, messages = release(state._replace(charge_set=renamed), closed(stay(), 2), PROFILE, 5)
    assert told(messages) == []
    assert made is not None
    assert made.charge_set == value_of(code_encounter(stay(), PROFILE, revision=2).charge_set)


def test_a_set_of_a_newer_release_is_not_guessed_at() -> None:
    """Going back to an older worker: it says so instead of crediting what it cannot read."""
    state, _ = said(closed(stay()))
    assert state is not None
    assert state.charge_set is not None
    newer = state._replace(charge_set=state.charge_set.replace(b'"status":"final"', b'"status":"paid"'))
    with pytest.raises(UnreadableReleaseError, match="does not know"):
        release(newer, closed(stay(211), 2), PROFILE, 5)


def test_every_golden_case_is_released_as_it_is_coded() -> None:
    """The stays people wrote down: the value on the topic is the line ``infusion code`` writes."""
    for _, case in all_cases():
        encounter = fold(events_of(case))
        profile = profile_of(case)
        made = release(None, closed(encounter), profile, 0)
        expected = code_encounter(encounter, profile).charge_set
        if expected.status != "cancelled":
            assert on(CHARGES, made.messages) == [written(expected).removesuffix(b"\n")]
        assert len(changes(made.messages)) == (len(expected.lines) if expected.status == "final" else 0)
        assert charge_set_of(closed(encounter), profile) == expected


def refused(encounter: Encounter) -> Encounter:
    """Return the stay with an event of it that could not be used."""
    return encounter._replace(refused_events=(RefusedEvent("refused-1", "m9", "line: cut off"),))


def test_a_refused_event_holds_a_final_stay_and_credits_nothing() -> None:
    """Its charged lines stand until someone decides; once it is mended, only what differs moves (R-DOC-9)."""
    state, _ = said(closed(stay()))
    assert state is not None
    assert state.changes
    held, messages = release(state, closed(refused(stay()), 2), PROFILE, 2)
    assert held is not None
    assert loads(held.charge_set or b"")["status"] == "held"
    assert [one for one in messages if one.topic == CHARGE_LINES] == []
    assert held.review is not None
    assert from_bytes(to_bytes(held)) == held
    mended, again = release(held, closed(stay(), 3), PROFILE, 3)
    assert mended is not None
    assert loads(mended.charge_set or b"")["status"] == "final"
    assert [loads(one.value or b"")["change"] for one in again if one.topic == CHARGE_LINES] == []
    grown, more = release(held, closed(stay(pushes=1), 3), PROFILE, 3)
    assert grown is not None
    assert {loads(one.value or b"")["change"] for one in more if one.topic == CHARGE_LINES} >= {"charge"}


def test_a_withdrawn_stay_credits_what_stood_while_a_refused_event_held_it() -> None:
    """And so does a flag of another kind beside the refusal."""
    state, _ = said(closed(stay()))
    held, _ = release(state, closed(refused(stay()), 2), PROFILE, 2)
    gone, taken_back = release(held, closed(refused(stay()), 3, status="withdrawn"), PROFILE, 3)
    assert gone is not None
    assert gone.charged is None
    assert {loads(one.value or b"")["change"] for one in taken_back if one.topic == CHARGE_LINES} == {
        "credit"
    }
    worse, more = release(held, closed(refused(STOPLESS), 3), PROFILE, 3)
    assert worse is not None
    assert {loads(one.value or b"")["change"] for one in more if one.topic == CHARGE_LINES} == {"credit"}
