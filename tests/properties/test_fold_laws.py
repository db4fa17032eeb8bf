"""Laws of the fold: the stay is a function of the set of events, and nothing in it is lost."""

import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from orjson import dumps

from models.event import EVENT, Event
from streams.encounter.administrations import resolved
from streams.encounter.dated_event import DatedEvent, date_events
from streams.encounter.fold import fold, fold_merged, merges
from streams.encounter.uncorrected import uncorrected
from streams.wire.event_decoder import as_model, decode_plain
from streams.wire.event_json import validate

EXAMPLES = int(os.environ.get("INFUSION_HYPOTHESIS_EXAMPLES", "30"))
LAW = settings(max_examples=EXAMPLES, deadline=None)
MORNING = datetime(2026, 3, 2, 13, tzinfo=UTC)
RUNNING = (
    "infusion_paused",
    "infusion_resumed",
    "infusion_bag_changed",
    "infusion_bolus",
    "infusion_stopped",
)
STAY = (
    "encounter_opened",
    "encounter_updated",
    "encounter_discharged",
    "encounter_reopened",
    "encounter_cancelled",
    "encounter_merged",
    "inpatient_ordered",
)


def instants(minutes: int = 12) -> st.SearchStrategy[datetime]:
    """Draw instants a few minutes or parts of a second apart, so that many are equal."""
    return st.builds(
        lambda minute, millisecond: MORNING + timedelta(minutes=minute, milliseconds=millisecond),
        st.integers(0, minutes),
        st.sampled_from([0, 0, 0, 200, 999]),
    )


@st.composite
def events(draw: st.DrawFn, encounter_id: str = "E1") -> Event:
    """Draw any event of one encounter; few ids, so that they repeat, conflict, void and share administrations."""
    kind = draw(
        st.sampled_from(
            (
                *STAY,
                *RUNNING,
                "infusion_started",
                "infusion_started",
                "infusion_rate_changed",
                "push_given",
                "injection_given",
                "administration_charted",
                "administration_charted",
                "administration_voided",
                "event_voided",
                "event_voided",
                "access_placed",
                "procedure_started",
                "procedure_ended",
                "code_decided",
                "review_decided",
            )
        )
    )
    said: dict[str, Any] = {
        "type": kind,
        "event_id": str(draw(st.integers(0, 9))),
        "encounter_id": encounter_id,
        "occurred_at": draw(instants()),
        "recorded_at": draw(st.none() | instants()),
        "source": draw(st.sampled_from([None, "emar", "pump"])),
    }
    return EVENT.validate_python(said | draw(_details(kind)), strict=False)


def _details(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    named = st.sampled_from(["A1", "A2"])
    given_fields: dict[str, st.SearchStrategy[Any]] = {
        "administration_id": named,
        "site_id": st.sampled_from([None, "left", "right"]),
        "technique": st.sampled_from([None, None, "infusion", "push"]),
        "rate_ml_per_h": st.sampled_from([None, 0, 100]),
    }
    details: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "encounter_opened": {"payer": st.sampled_from([None, "medicare"])},
        "encounter_updated": {"payer": st.sampled_from([None, "aetna", "cigna"])},
        "encounter_merged": {"into_encounter_id": st.sampled_from(["E1", "E2"])},
        "infusion_started": given_fields,
        "push_given": given_fields,
        "injection_given": given_fields,
        "administration_charted": given_fields
        | {
            "started_at": st.none() | instants(),
            "stopped_at": st.none() | instants(),
            "intervals": st.lists(
                st.fixed_dictionaries({"started_at": instants(), "stopped_at": st.none() | instants()}),
                max_size=2,
            ).map(tuple),
        },
        "infusion_rate_changed": {"administration_id": named, "rate_ml_per_h": st.sampled_from([0, 50])},
        "administration_voided": {"administration_id": named},
        "event_voided": {"voids_event_id": st.integers(0, 9).map(str)},
        "access_placed": {
            "site_id": st.sampled_from(["left", "right"]),
            "kind": st.sampled_from([None, "picc"]),
        },
        "procedure_started": {"procedure_id": st.just("P")},
        "procedure_ended": {"procedure_id": st.just("P")},
        "code_decided": {
            "decision_id": st.just("D"),
            "code": st.just("96379"),
            "reason": st.sampled_from(["because", "since"]),
        },
        "review_decided": {
            "flag": st.sampled_from(["F-PCA", "F-MUE"]),
            "administration_ids": st.sampled_from([(), ("A1",), ("A1", "A2")]),
            "decision": st.sampled_from(["accept", "no_code"]),
            "reason": st.just("because"),
            "decided_by": st.just("coder-7"),
        },
    }
    details |= {running: {"administration_id": named} for running in RUNNING}
    return st.fixed_dictionaries(details.get(kind, {}))


def stays(encounter_id: str = "E1") -> st.SearchStrategy[list[Event]]:
    """Draw the events of one encounter, in any order."""
    return st.lists(events(encounter_id), min_size=1, max_size=14)


@LAW
@given(stays(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_count(told: list[Event], random: Any) -> None:
    """Any permutation tells the same stay, to the letter."""
    shuffled = list(told)
    random.shuffle(shuffled)
    assert repr(fold(shuffled)) == repr(fold(told))


@LAW
@given(stays(), st.data())
def test_repetition_does_not_count(told: list[Event], data: st.DataObject) -> None:
    """Any event may come again, at any place."""
    again = data.draw(st.lists(st.sampled_from(told), max_size=6))
    assert repr(fold([*again, *told, *again])) == repr(fold(told))


def entries() -> st.SearchStrategy[list[DatedEvent]]:
    """Draw what is told of one administration, in time order: mostly what needs no weighing, or nearly."""
    running = st.sampled_from([*RUNNING, "infusion_stopped", "infusion_stopped", "infusion_rate_changed"])
    given = st.sampled_from(["infusion_started", "infusion_started", "push_given", "administration_charted"])

    def event(kind: str, at: datetime, source: str, more: dict[str, Any]) -> Event:
        said = {"event_id": "1", "encounter_id": "E1", "occurred_at": at, "source": source, "type": kind}
        return EVENT.validate_python(said | more | {"administration_id": "A1"}, strict=False)

    def of(kinds: st.SearchStrategy[str]) -> st.SearchStrategy[Event]:
        witness = st.sampled_from(["emar", "emar", "pump"])
        return kinds.flatmap(
            lambda kind: st.builds(event, st.just(kind), instants(), witness, _details(kind))
        )

    def numbered(begun: Event, gone_on: list[Event]) -> list[DatedEvent]:
        told = enumerate([begun, *gone_on])
        return sorted(
            date_events([event.model_copy(update={"event_id": str(number)}) for number, event in told])
        )

    return st.builds(numbered, of(given), st.lists(of(running), max_size=3))


@settings(LAW, max_examples=5 * EXAMPLES)
@given(entries())
def test_what_needs_no_weighing_weighs_the_same(told: list[DatedEvent]) -> None:
    """The short way is only short."""
    short = uncorrected("A1", told)
    if short is not None:
        assert repr(short) == repr(resolved("A1", told))


@LAW
@given(st.lists(events(), min_size=1, max_size=8), st.data())
def test_structs_fold_as_models_do(told: list[Event], data: st.DataObject) -> None:
    """Events decoded the quick way, or some of them and the others by pydantic, are the same stay."""
    said = [event.model_dump(exclude_none=True, exclude_defaults=True) for event in told]
    lines = [dumps(event, default=float) for event in said]
    structs = decode_plain(lines)
    assume(structs is not None)
    assert structs is not None
    models = list(map(validate, lines))
    mixed = [data.draw(st.sampled_from(pair)) for pair in zip(structs, models, strict=True)]
    assert repr(fold(structs)) == repr(fold(models)) == repr(fold(mixed))
    joined = fold_merged(structs[:1], {"E2": [_of_another(event) for event in structs]})
    assert repr(joined) == repr(fold_merged(models[:1], {"E2": [_of_another(event) for event in models]}))


def _of_another(event: Event) -> Event:
    """Return the event as another encounter's, a struct as a struct."""
    model = as_model(event).model_copy(update={"encounter_id": "E2"})
    if as_model(event) is event:
        return model
    (struct,) = (
        decode_plain([dumps(model.model_dump(exclude_none=True, exclude_defaults=True), default=float)]) or ()
    )
    return struct


@LAW
@given(stays(), st.data())
def test_an_event_never_told_is_as_one_told_and_voided(told: list[Event], data: st.DataObject) -> None:
    """The void may come first; only when the newest was stored and the void itself remain."""
    extra = data.draw(events()).model_copy(update={"event_id": "extra", "source": "emar"})
    void = EVENT.validate_python(
        {
            "type": "event_voided",
            "event_id": "void",
            "encounter_id": "E1",
            "occurred_at": MORNING + timedelta(hours=1),
            "voids_event_id": "extra",
        }
    )
    # A decision was made on what was told then: of its facts the void is a change, and the silence none.
    never = fold([*told, void])._replace(last_recorded_at=0, reviews=())
    for order in ([void, extra, *told], [*told, extra, void]):
        assert fold(order)._replace(last_recorded_at=0, reviews=()) == never


@LAW
@given(stays())
def test_no_administration_is_lost(told: list[Event]) -> None:
    """Every id an event that counts names is told of, once: as an administration or as voided."""
    conflicting = {
        key for key, times in Counter((event.source, event.event_id) for event in told).items() if times > 1
    }
    voided = {event.voids_event_id for event in told if event.type == "event_voided"}
    named = {
        event.administration_id
        for event in told
        if hasattr(event, "administration_id")
        and event.event_id not in voided
        and (event.source, event.event_id) not in conflicting
    }
    found = fold(told)
    present = [given.administration_id for given in found.administrations]
    assert named <= {*present, *found.voided}
    assert len(present) == len(set(present))
    assert not set(present) & set(found.voided)


@LAW
@given(stays())
def test_flows_are_in_order_and_have_a_length(told: list[Event]) -> None:
    """Apart too, unless charted intervals overlap; only the last may be open."""
    for administration in fold(told).administrations:
        for flows in (administration.flows, administration.pump_flows):
            assert all(flow.stop is None or flow.start < flow.stop for flow in flows)
            assert list(flows) == sorted(flows, key=lambda flow: flow.start)
            if "overlapping_intervals" not in administration.faults and flows is administration.flows:
                for before, after in pairwise(flows):
                    assert before.stop is not None
                    assert before.stop < after.start


@LAW
@given(stays("E2"), stays("E1"), st.randoms(use_true_random=False))
def test_a_merged_stay_does_not_depend_on_order_either(
    own: list[Event], other: list[Event], random: Any
) -> None:
    """And holds every administration of both that either would tell of."""
    found = fold_merged(own, {"E1": other})
    random.shuffle(own)
    random.shuffle(other)
    assert repr(fold_merged(own, {"E1": other})) == repr(found)
    assert merges([*own, *other]) == merges([*other, *own])


@LAW
@given(stays())
def test_a_stay_merged_with_nothing_is_itself(told: list[Event]) -> None:
    """``fold_merged`` without others is ``fold``."""
    assert repr(fold_merged(told, {})) == repr(fold(told))
