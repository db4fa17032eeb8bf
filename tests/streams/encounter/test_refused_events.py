"""Events that could not be used: what still stands of them once others are known (R-DOC-9)."""

import pytest
from timeline_encounter import told

from models.event import EVENT, EventRefused
from streams.encounter.fold import NoEventsError, fold, fold_merged
from streams.wire.event_json import read, validate
from streams.wire.refused_event import legible_encounter_id, refused_event, refused_line
from streams.wire.rejects import Reject

PUSH = (
    b'{"type": "push_given", "event_id": "m2", "encounter_id": "E1", "occurred_at": "2026-03-02T08:10:00"%s}'
)
CUT_OFF = b'{"type": "push_given", "event_id": "m2", "encounter_id": "E1", "occurred_at"'


def refusal(raw: bytes = PUSH % b"", stay: str = "E1") -> EventRefused:
    """Return what stands in the place of a line that could not be used."""
    reject = read(raw)
    assert isinstance(reject, Reject)
    event = refused_event(raw, stay, reject)
    assert isinstance(event, EventRefused)
    return event


@pytest.mark.parametrize("raw", [PUSH % b"", CUT_OFF], ids=["no offset", "cut off"])
def test_a_refused_line_names_its_own_id_and_why(raw: bytes) -> None:
    """What stood in it is not repeated."""
    event = refusal(raw)
    assert (event.refused_event_id, event.source) == ("m2", None)
    assert "08:10" not in event.reason
    assert validate(refused_line(raw, "E1", Reject("f", "s", "r"))).event_id == event.event_id


def test_the_same_bytes_are_one_refusal_however_they_are_wrapped() -> None:
    """A byte-order mark, a line feed, and blanks around it are no other event."""
    assert refusal(b"\xef\xbb\xbf" + (PUSH % b"") + b"\r\n").event_id == refusal(b" " + PUSH % b"").event_id


def test_a_refusal_marks_its_stay() -> None:
    """And tells nothing else of it: neither its time nor its source count."""
    events = told("08:00 push X", "10:00 discharge")
    marked = fold([refusal(), *events])
    assert [refused.refused_event_id for refused in marked.refused_events] == ["m2"]
    assert marked._replace(refused_events=()) == fold(events)


def test_an_event_under_the_refused_id_takes_the_mark_away() -> None:
    """Before or after the refusal; from another source it is another event."""
    mended = told("08:00 push X event=m2")
    assert fold([refusal(), *mended]).refused_events == ()
    assert fold([*mended, refusal()]).refused_events == ()
    named = refusal(PUSH % b', "source": "emar"')
    assert fold([named, *mended]).refused_events != ()
    assert fold([named, *told("08:00 push X event=m2 source=emar")]).refused_events == ()


def test_a_void_of_the_refused_event_or_of_its_refusal_takes_the_mark_away() -> None:
    """A void that is itself voided takes nothing away."""
    about = refusal()
    opened = told()[0]
    void = {"type": "event_voided", "encounter_id": "E1", "occurred_at": "2026-03-02T09:00:00-05:00"}

    def voids(name: str, event_id: str) -> object:
        return EVENT.validate_python({**void, "event_id": event_id, "voids_event_id": name}, strict=False)

    assert fold([opened, about, voids("m2", "v1")]).refused_events == ()
    assert fold([opened, about, voids(about.event_id, "v1")]).refused_events == ()
    assert fold([opened, about, voids("m2", "v1"), voids("v1", "v2")]).refused_events != ()


def test_a_stay_of_which_everything_was_refused_is_none() -> None:
    """There is nothing to code, and the reject is all there is."""
    with pytest.raises(NoEventsError):
        fold([refusal()])
    with pytest.raises(NoEventsError):
        fold_merged([], {"E1": [refusal()]})


def test_a_refusal_of_a_merged_stay_marks_the_survivor() -> None:
    """Its facts count there, and one of them is missing."""
    into = told("09:00 merge E2")
    survivor = told("10:00 discharge", encounter={"id": "E2"})
    marked = fold_merged(survivor, {"E1": [*into, refusal()]})
    assert [refused.refused_event_id for refused in marked.refused_events] == ["m2"]


@pytest.mark.parametrize(
    ("raw", "stay"),
    [
        (CUT_OFF, "E1"),
        (b'{"encounter\\u005fid": "E\\u0031", "type": "no_such"}', "E1"),
        (b"nonsense", None),
        (b'{"encounter_id": 7}', None),
        (b'{"encounter_id": "' + b"x" * 201 + b'"}', None),
        (b'\xff{"encounter_id": "E1"}', "E1"),
        (b'{"encounter_id": "\xff"}', None),
    ],
)
def test_the_encounter_of_a_refused_line_is_found_where_its_bytes_tell(raw: bytes, stay: str | None) -> None:
    """Cut off, escaped, of another encoding around it, or not at all."""
    assert legible_encounter_id(raw) == stay
