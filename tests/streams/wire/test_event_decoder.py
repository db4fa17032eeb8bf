"""The quick way to an event takes what pydantic takes and makes the same of it, whatever stands in the line."""

import sys
from pathlib import Path
from subprocess import run
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from orjson import dumps
from pydantic import BaseModel

from models.event import EVENT, Event, event_types
from streams.wire.event_decoder import as_model, decode_plain
from streams.wire.repeated_names import repeated_name

DAY = Path("seeds/day.jsonl").read_bytes().splitlines()
CLASSES: tuple[type[BaseModel], ...] = get_args(get_args(Event)[0])
FIELDS = {name: tuple(cls.model_fields) for name, cls in zip(event_types(), CLASSES, strict=True)}
REQUIRED = {
    name: tuple(field for field, info in cls.model_fields.items() if info.is_required() and field != "type")
    for name, cls in zip(event_types(), CLASSES, strict=True)
}

INSTANTS = (
    "2026-03-02T08:00:00-05:00", "2026-03-02T08:00:00Z", "2026-03-02t08:00:00.5z", "2026-03-02 08:00:00+05:45",
    "2026-03-02T08:00Z", "2026-03-02T08:00:00.123456Z", "2026-03-02T08:00:00.9999999Z", "2026-03-02T08:00:00.1234565-05:00",
    "2026-03-02T08:00:00,5Z", "2026-03-02T08:00:60Z", "2026-03-02T24:00:00Z", "2026-02-30T08:00:00Z", "2026-03-02T08:00:00",
    "2026-03-02", "1772463600", "1990-01-01T00:00:00Z", "1990-01-01T00:00:00+05:00", "1989-12-31T23:59:59Z",
    "1991-01-01T00:00:00+14:00", "2199-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "2199-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z",
    "2026-03-02T08:00:00+24:00", "2026-03-02T08:00:00+23:59", "2026-03-02T08:00:00-0500", "2026-03-02T08:00:00-05",
)  # fmt: skip
NUMBERS = (
    "0", "-0", "-0.0", "0.0", "1", "1.0", "1e0", "10.50", "0.1", "1E-7", "0.30000000000000004", "123456.123456789012345", "1e400",
    "-1", "99", "1000", "525600", "525601", "10000000", "10000000.0", "10000000.5", "9007199254740993", "9" * 30, "9" * 500,
    "99999.99999999999999999", "5e-324", "NaN", "Infinity", "-Infinity", '"12.50"', '"1"', '" 1"', '"NaN"', '"1e5"', "01", "1.", ".5", "+1",
)  # fmt: skip
TEXTS = (
    "", "a", " ", "a" * 64, "a" * 200, "a" * 201, "é" * 200, "\N{WHITE SMILING FACE}", "\x7f", "a\x7f", "E1", 'say ":', " : ", "a : b",
    "Completed", "completed", " NDC ", "ndc", "PO", "po", "facility", "FACILITY", "IV", "signed", "infusion", "treat", "nurse", "hospital",
    "therapeutic", "Q1", "Q1x", "96379", "America/New_York", "Mars/Olympus", "../etc/passwd", "utc", "UTC", "encounter_opened", "F-MUE",
)  # fmt: skip
OTHERS = (
    "null", "true", "false", '{"text":"nausea"}', '["nausea",{"code":"R11.0","code":"x"}]', "[]", "{}", "[null]", '["a"]', '["Q1"]', '["Q1","q2"]', '[{"name":"x"}]', '{"name":"ceftriaxone"}',
    '{"name":"x","name":"y"}', '{"name":null}', '{"name":"x","ingredients":["a",{"name":"b"},{"code":"c","system":"NDC"}]}',
    '{"name":"x","ingredients":[{"name":"b","name":"c"}]}', '{"name":"x","ingredients":[]}', '{"nam":"x"}', '{"name":"x","billing_class":"Hydration"}',
    '{"name":"x","system":"ndc","code":"1"}', '[{"started_at":"2026-03-02T08:00:00Z"}]', '[{"started_at":"2026-03-02T08:00:00Z","stopped_at":null}]',
    '[{"started_at":"1985-03-02T08:00:00Z"}]', "[" * 200 + "]" * 200, r'"\u0041"', r'"\ud800"', r'"\udc00\ud800"', r'"a\nb"', r'"\u0000"', '"a\tb"', "",
)  # fmt: skip
SOUND = {
    "event_id": '"v1"', "encounter_id": '"E1"', "occurred_at": '"2026-03-02T08:00:00-05:00"', "administration_id": '"A1"',
    "into_encounter_id": '"E2"', "site_id": '"s1"', "procedure_id": '"p1"', "rate_ml_per_h": "12.5", "voids_event_id": '"v0"',
    "reason": '"seen again"', "decision_id": '"d1"', "code": '"96379"', "flag": '"F-MUE"', "decision": '"accept"', "decided_by": '"coder-1"', "amount": "3", "drug": '{"name":"x"}',
}  # fmt: skip

values = st.one_of(
    st.sampled_from([f'"{instant}"' for instant in INSTANTS]),
    st.sampled_from(NUMBERS),
    st.sampled_from([f'"{text}"' for text in TEXTS]),
    st.sampled_from(OTHERS),
    st.integers().map(str),
    st.floats(0, 10_000_000).map(repr),
)
blanks = st.sampled_from(("", "", "", " ", "\t", "  ", "\r", "\n"))


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """Return a line that may well be an event, with one thing or another wrong or unusual in it."""
    kind = draw(st.sampled_from(event_types()))
    parts = [("type", f'"{kind}"'), *((name, SOUND.get(name, '"x"')) for name in REQUIRED[kind])]
    parts += [(name, draw(values)) for name in draw(st.lists(st.sampled_from(FIELDS[kind]), max_size=4))]
    for oddity in draw(st.lists(st.sampled_from(("leave", "unknown", "escaped", "other")), max_size=1)):
        if oddity == "leave":
            del parts[draw(st.integers(0, len(parts) - 1))]
        elif oddity == "unknown":
            parts.append(("dosage", draw(values)))
        elif oddity == "escaped":
            parts.append((r"event\u005fid", '"v2"'))
        else:
            parts.append(("type", f'"{draw(st.sampled_from(event_types()))}"'))
    if draw(st.booleans()):
        parts = draw(st.permutations(parts))
    if not draw(st.booleans()):
        seen = dict(parts)
        parts = list(seen.items())
    colon, comma = draw(blanks) + ":" + draw(blanks), "," + draw(blanks)
    text = "{" + comma.join(f'"{name}"{colon}{value}' for name, value in parts) + "}" + draw(blanks)
    return text.encode("utf-8", "surrogatepass")


CUT = st.sampled_from((
    b'{"x":[1', b"2]}", b'{"type":"event_voided","event_id":"a', b'b"}', b"", b"[]", b"0", b"1", DAY[0] + b",0," + DAY[1], DAY[0] + b",",
    DAY[0][:-1], b"}", b"\xff", b'"\xed\xa0\x80"', b"null", b"\xef\xbb\xbf" + DAY[0], DAY[2], DAY[3],
))  # fmt: skip


def decode(raw: bytes) -> Event | None:
    """Return the event of a line alone, as a struct."""
    found = decode_plain([raw])
    return None if found is None else found[0]


def same(struct: Event, raw: bytes) -> bool:
    """Tell whether an event is the one pydantic reads from the line, down to the order of its fields."""
    known = EVENT.validate_json(raw)
    assert repeated_name(known, raw) is None
    quick = as_model(struct)
    return (
        all(getattr(struct, name) is value for name, value in vars(quick).items())
        and type(quick) is type(known)
        and quick == known
        and list(vars(quick)) == list(vars(known))
        and quick.model_dump_json() == known.model_dump_json()
        and repr(quick.model_dump(mode="json")) == repr(known.model_dump(mode="json"))
    )


@settings(max_examples=250, deadline=None)
@given(lines())
def test_what_it_takes_pydantic_takes_and_makes_the_same_of(raw: bytes) -> None:
    """Whatever the line, the quick way refuses to decide or makes what pydantic makes."""
    quick = decode(raw)
    if quick is None:
        return  # pydantic decides
    assert same(quick, raw), raw


@settings(max_examples=120, deadline=None)
@given(
    st.lists(
        st.one_of(lines(), CUT, st.integers(0, len(DAY) - 1).map(DAY.__getitem__)), min_size=1, max_size=6
    )
)
def test_lines_together_are_the_lines_one_by_one(raws: list[bytes]) -> None:
    """No line can lean on its neighbour: an event never comes out of two lines, nor two out of one."""
    together = decode_plain(raws)
    if together is None:
        return
    assert len(together) == len(raws)
    assert all(same(quick, raw) for quick, raw in zip(together, raws, strict=True))


def test_nearly_every_line_of_the_day_comes_this_way() -> None:
    """It would be of no use if it took little."""
    quick = [(decode(raw), raw) for raw in DAY]
    taken = [(event, raw) for event, raw in quick if event is not None]
    assert len(taken) > 0.95 * len(DAY)
    assert all(same(event, raw) for event, raw in taken)


def test_a_line_feed_before_a_colon_hides_no_name_that_stands_twice() -> None:
    """A file's line has none; what comes from a topic may."""
    twice = DAY[0].replace(b'"event_id":', b'"event_id"\n:"first","event_id":', 1)
    assert EVENT.validate_json(twice)
    assert decode(twice) is None


@pytest.mark.parametrize("field", ["recorded_at", "payer", "time_zone", "setting", "department_modifier"])
def test_a_plain_line_with_the_field_is_taken(field: str) -> None:
    """Fields with a check of their own are no reason to take the slow way."""
    sound: dict[str, Any] = {
        "recorded_at": "2026-03-02T08:00:00Z", "payer": "medicare", "time_zone": "America/New_York", "setting": "office",
        "department_modifier": "PO",
    }  # fmt: skip
    said = {
        "type": "encounter_opened", "event_id": "v", "encounter_id": "E", "occurred_at": "2026-03-02T08:00:00Z",
        field: sound[field],
    }  # fmt: skip
    assert decode(dumps(said)) is not None


def test_two_threads_that_ask_at_once_get_structs_of_one_making() -> None:
    """A struct of another making would not be known again, and would be no event of a stay."""
    program = """
import sys, threading
sys.setswitchinterval(1e-6)
from pathlib import Path
from pydantic import BaseModel
from streams.wire.event_decoder import as_model, decode_plain
line = Path("seeds/day.jsonl").read_bytes().splitlines()[0]
start, found = threading.Barrier(4), []
def ask():
    start.wait()
    found.extend(decode_plain([line]) or ())
threads = [threading.Thread(target=ask) for _ in range(4)]
[one.start() for one in threads], [one.join() for one in threads]
assert len(found) == 4 and all(isinstance(as_model(event), BaseModel) for event in found), found
"""
    run([sys.executable, "-c", program], check=True)


def test_an_event_that_is_a_model_already_stays_what_it_is() -> None:
    """So whoever has events of both kinds need not ask which."""
    (event,) = decode_plain([DAY[0]]) or ()
    model = as_model(event)
    assert model is not event
    assert as_model(model) is model
