"""The golden cases' own grammar: what a line becomes, and what is said of one that cannot be read."""

from pathlib import Path

import pytest
from timeline import TimelineError, cases_in, events_of, wire_of
from timeline_encounter import told


def wire(*lines: str, **case: object) -> dict[str, object]:
    """Return the last event of these lines as a publisher would send it."""
    return wire_of({"case": "a case", "timeline": lines, **case})[-1]


def test_a_file_holds_cases_whose_scalars_are_words(tmp_path: Path) -> None:
    """A time stays a time and a no a word."""
    file = tmp_path / "cases.yaml"
    file.write_text("- case: NO\n  on: 2026-03-02\n  timeline:\n    - 08:30 push X\n", encoding="utf-8")
    (case,) = cases_in(file)
    assert case == {"case": "NO", "on": "2026-03-02", "timeline": ["08:30 push X"]}
    assert [event.type for event in events_of(case)] == ["encounter_opened", "push_given"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("case: x", "write a list of cases"),
        ("- on: 2026-03-02", "has no 'case:' sentence"),
        ("- case: x\n  charge: [96365 x1]", "unknown key 'charge'"),
    ],
)
def test_a_file_that_is_no_list_of_cases_is_refused(tmp_path: Path, text: str, wrong: str) -> None:
    """By its name, and the case's."""
    file = tmp_path / "cases.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TimelineError, match=f"cases.yaml.*{wrong}"):
        cases_in(file)


def test_the_stay_opens_when_the_patient_arrives_or_with_the_first_line() -> None:
    """And is registered with what the case says."""
    opened = told("08:30 push X", "08:00 push Y", payer="medicare")[0]
    assert opened.occurred_at.isoformat() == "2026-03-02T08:00:00-05:00"
    arrived = wire_of({"case": "x", "setting": "office", "encounter": {"arrived": "-1 23:10", "id": "E7"}})[0]
    assert arrived == {
        "type": "encounter_opened",
        "event_id": "opened",
        "encounter_id": "E7",
        "occurred_at": "2026-03-01T23:10:00-05:00",
        "arrived_at": "2026-03-01T23:10:00-05:00",
        "time_zone": "America/New_York",
        "setting": "office",
    }


def test_a_line_is_an_event_with_everything_it_says() -> None:
    """Options by their wire names, drugs with their class."""
    assert wire(
        '+1 02:00 start "normal saline" class=hydration rate=125 site=left recorded="+1 03:00" planned=60'
    ) == {
        "type": "infusion_started",
        "event_id": "L1",
        "encounter_id": "E1",
        "occurred_at": "2026-03-03T02:00:00-05:00",
        "recorded_at": "2026-03-04T03:00:00-05:00",
        "administration_id": "normal saline",
        "drug": {"name": "normal saline", "billing_class": "hydration"},
        "route": "IV",
        "rate_ml_per_h": "125",
        "site_id": "left",
        "planned_minutes": 60,
    }


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["08:00 start X", "09:00 stop X"], "X"),
        (["08:00 start X", "09:00 stop X", "10:00 start X"], "X#2"),
        (["08:00 start X", "09:00 stop X", "10:00 start X", "11:00 stop X"], "X#2"),
        (["08:00 start X", "08:30 start X"], "X"),
        (["08:00 push X", "08:30 push X"], "X#2"),
        (["08:00 start X", "08:30 push X"], "X#2"),
        (["08:00 start X", "08:30 push X", "09:00 stop X"], "X"),
        (["08:00 push X id=A1"], "A1"),
        (["08:00 start X id=A1", "09:00 stop X"], "A1"),
        (["08:00 start X id=A1", "09:00 stop A1", "10:00 start X"], "X"),
        (["09:00 stop X"], "X"),
    ],
)
def test_a_drug_names_what_runs_under_it_else_the_last_one_given(lines: list[str], name: str) -> None:
    """The last line is about this administration."""
    assert wire(*lines)["administration_id"] == name


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("08:00 strt X", "unknown verb 'strt'; write one of access"),
        ("start X", "write '08:00 verb"),
        ("08:61 start X", "is no time of day"),
        ("08:00 start", "the drug is missing"),
        ("08:00 start X colour=red", "nothing here takes 'colour='"),
        ("08:00 discharge home", "nothing here takes 'home'"),
        ("08:00 start X planned=long", "whole numbers"),
        ("08:00 start X recorded=late", "is no time"),
        ('08:00 start "X', "is not closed"),
        ("08:00 rate X fast", "rate_ml_per_h: "),
        ("08:00 start X intent=cure", "intent: "),
        ("08:00 decide 9 because of it", "code: "),
    ],
)
def test_a_line_that_cannot_be_read_is_named_with_its_case(line: str, wrong: str) -> None:
    """Which case, which line, what is wrong."""
    with pytest.raises(TimelineError, match=r"case 'a stay', line 2 .*" + wrong):
        told("08:00 push Y", line)


def test_a_date_or_zone_that_is_none_is_named_with_its_case() -> None:
    """As a bad line is."""
    with pytest.raises(TimelineError, match="case 'a stay', on/zone"):
        told(on="2026-02-30")
    with pytest.raises(TimelineError, match="case 'a stay', on/zone"):
        told(zone="Mars/Olympus")
    with pytest.raises(TimelineError, match="case 'a stay', encounter: nothing here takes 'ward='"):
        told(encounter={"ward": "5"})
