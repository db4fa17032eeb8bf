"""The picture of an encounter: what it shows, that it fits, that screen and page say the same."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from models.charge import ChargeLine, ChargeSet, ExpectedPayment, Flag, NotBilled, Reason, Status
from models.drug import Drug
from models.encounter import AccessSite, Administration, Encounter, Flow, Procedure
from rules.coding.spans import Span
from streams.explain.labels import plain
from streams.explain.lanes import lanes
from streams.explain.layout import lay_out
from streams.explain.picture import Picture
from streams.explain.svg.page import render as page
from streams.explain.svg.sheet import WIDTH
from streams.explain.terminal.drawing import render as text

NEW_YORK = "America/New_York"
MANUAL = "Medicare Claims Processing Manual, ch. 12, section 30.5"
SVG = "{http://www.w3.org/2000/svg}"


def at(clock: str, day: str = "2026-03-02") -> int:
    """Return the epoch seconds of a New York clock."""
    return int(datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo(NEW_YORK)).timestamp())


def flow(start: str, stop: str | None, day: str = "2026-03-02", until: str | None = None) -> Flow:
    """Return flow between two New York clocks."""
    return Flow(at(start, day), None if stop is None else at(stop, until or day))


def drug(name: str, administration_id: str, *flows: Flow, **known: Any) -> Administration:
    """Return an administration of which only these facts are charted."""
    blank: dict[str, Any] = dict.fromkeys(Administration._fields)
    empty = dict.fromkeys(("pump_flows", "rates", "bag_changes", "touched", "faults"), ())
    told = {"technique": "infusion", "route": "IV", "site_id": "arm", "drug": Drug(name=name), "flows": flows}
    return Administration(**blank | empty | told | {"administration_id": administration_id} | known)


def stay(*administrations: Administration, **known: Any) -> Encounter:
    """Return a discharged stay of which only these facts are known."""
    blank: dict[str, Any] = dict.fromkeys(Encounter._fields)
    empty = dict.fromkeys(("sites", "procedures", "voided", "decisions", "conflicts", "departments"), ())
    told = {"encounter_id": "E1", "standing": "discharged", "time_zone": NEW_YORK, "utc_offset_s": -18000}
    return Encounter(**blank | empty | told | {"administrations": administrations} | known)


def line(code: str, ids: Iterable[str], says: str = "So it is.", cents: int | None = None) -> ChargeLine:
    """Return one unit of a code with one reason."""
    paid = ExpectedPayment("OPPS 2026-01-01", "S", "5693", "paid", cents, cents, "") if cents else None
    reasons = (Reason("R-TIME-2", says, (MANUAL,)),)
    return ChargeLine(code, code, 1, (), date(2026, 3, 2), tuple(ids), 91, "charted", reasons, (), paid)


def charges(*lines: ChargeLine, status: Status = "final", **known: Any) -> ChargeSet:
    """Return a charge set of these lines."""
    told: dict[str, Any] = {"flags": (), "not_billed": (), "tables": {}} | known
    return ChargeSet(
        "c", "E1", 1, None, status, "26.11.0", "medicare-facility", "facility", "medicare", lines, **told
    )


def used(administration_id: str, start: str, stop: str, code: str | None = None, why: str = "") -> Span:
    """Return a stretch as the rules used it."""
    return Span(administration_id, at(start), at(stop), code, why)


def ninety_one_minutes() -> Picture:
    """Return the contract's own example."""
    encounter = stay(
        drug("ceftriaxone", "A1", flow("08:00", "09:31")), arrived_at=at("07:40"), departed_at=at("10:00")
    )
    first = line("96365", ["A1"], "Infusion of 91 minutes: the first hour.", 21731)
    more = line("96366", ["A1"], "31 minutes past the first hour: one more hour.")
    return lay_out(encounter, charges(first, more), [used("A1", "08:00", "09:31", "96365")])


def held_with_everything() -> Picture:
    """Return a stay with a pause, a push, an injection, a carrier, an unknown stop, a pump and a procedure."""
    encounter = stay(
        drug("dexamethasone", "A1", technique="push", given_at=at("08:05")),
        drug(
            "paclitaxel",
            "A2",
            flow("08:35", "10:00"),
            flow("10:20", "12:00"),
            pump_flows=(flow("08:35", "12:04"),),
        ),
        drug("sodium chloride", "A3", flow("08:00", "12:50")),
        drug("carboplatin", "A4", flow("12:05", None), site_id="port"),
        drug("ketorolac", "A5", technique="injection", route="IM", site_id=None, given_at=at("12:45")),
        arrived_at=at("07:40"),
        inpatient_ordered_at=at("13:00"),
        departed_at=at("13:10"),
        sites=(AccessSite("port", "PICC", at("07:50"), None, None, "vesicant"),),
        procedures=(Procedure("P1", "line placement", at("07:45"), at("07:58")),),
        voided=("A9",),
    )
    flags = (
        Flag("F-NEAR_THRESHOLD", "info", ("A2",), "Near.", "Nothing to do.", {}),
        Flag("F-MISSING_STOP", "block", ("A4",), "No stop is charted.", "Ask the nurse for the stop.", {}),
    )
    carrier = NotBilled("A3", "R-BUN-1", "Carrier fluid is part of the drug's infusion.", (MANUAL,))
    lines = (line("96413", ["A2"], cents=33746), line("96375", ["A1"]), line("96372", ["A5"]))
    return lay_out(
        encounter,
        charges(*lines, status="held", flags=flags, not_billed=(carrier,)),
        [
            used("A2", "08:35", "10:00", "96413"),
            used("A2", "10:20", "12:00", "96413"),
            used("A3", "08:00", "12:50", None, "Carrier fluid."),
        ],
    )


def many_pushes() -> Picture:
    """Return twenty-five pushes, ten minutes apart."""
    given_ = [
        drug("morphine", f"M{n}", technique="push", given_at=at("08:00") + 600 * n, flows=())
        for n in range(25)
    ]
    return lay_out(stay(*given_), charges(line("96376", [f"M{n}" for n in range(0, 25, 4)])), [])


def three_days() -> Picture:
    """Return doses six hours apart over three days, with ids too long to draw and names too long to fit."""
    name = "piperacillin-tazobactam in sodium chloride 0.9 % with a very long name 日本語"
    days = ("2026-03-02", "2026-03-03", "2026-03-04")
    doses = [
        drug(name, f"{clock}-{day}-5f0c7f9e", flow(f"{clock}:00", f"{clock}:30", day))
        for day in days
        for clock in ("02", "08", "14", "20")
    ]
    return lay_out(stay(*doses, arrived_at=at("01:00")), charges(), [])


PICTURES = (ninety_one_minutes, held_with_everything, many_pushes, three_days)


def drawing(picture: Picture, width: int = 80) -> list[str]:
    """Return the lines of the drawing alone, from the marks to the legend."""
    return text(picture, width).plain.split("\n\n")[1].split("\n")


def test_a_bar_stands_under_its_clock_with_its_codes_inside() -> None:
    """The contract's example, drawn whole."""
    assert drawing(ninety_one_minutes()) == [
        "                       ▼ arrival 07:40     departure 10:00 ▼",
        "                    Mar 2",
        "                    07:30   08:00   08:30  09:00   09:30",
        "                    ┬───────┬───────┬──────┬───────┬───────────",
        "arm",
        "  A1 ceftriaxone IV    │    █96365+96366████████████       │    08:00\u201309:31  91m",
        "  ██ billed",
    ]


def test_every_kind_of_stretch_has_its_own_glyph() -> None:
    """Billed, not billed, paused, unknown, point, pump, procedure and window can be told apart without colour."""
    assert drawing(held_with_everything(), 72)[7:17] == [
        "  A1 dexamethasone IV  │ ◆ 96375                  ││ 08:05          push",
        "  A2 paclitaxel IV     │   ████████·█96413███     ││ 08:35\u201312:00    185m",
        "    └ pump             │   ━━━━━━━━━━━━━━━━━━     ││ 08:35\u201312:04    209m",
        "  A3 sodium chlor… IV  │ ░░░░░░░░░░░░░░░░░░░░░░░░ ││ 08:00\u201312:50  0/290m",
        "port · PICC · placed 07:50 · separate: vesicant",
        "! A4 carboplatin IV    │                     ┄┄┄┄┄?│ 12:05\u2013?        0/?m",
        "no IV access needed",
        "  A5 ketorolac IM      │                   96372 ◆││ 12:45          inj.",
        "other services",
        "  line placement       ═                          ││ 07:45\u201307:58",
    ]


def test_a_terminal_without_utf_8_gets_the_same_drawing_in_ascii() -> None:
    """Nothing but ASCII comes out, and the bar keeps its place."""
    drawn = text(ninety_one_minutes(), 80, ascii_only=True).plain
    assert drawn.isascii()
    assert "  A1 ceftriaxone IV    |    #96365+96366############       |    08:00-09:31  91m" in drawn.split(
        "\n"
    )


def test_lines_flags_refusals_and_money_follow_the_drawing() -> None:
    """What holds the charges comes first among the flags, and what a held line is worth is said."""
    written = text(held_with_everything(), 80).plain
    sections = (
        "Charges, held",
        "Flags",
        "BLOCK F-MISSING_STOP",
        "info  F-NEAR",
        "Earns no line",
        "Minutes",
        "Sources",
    )
    places = [written.index(words) for words in sections]
    assert places == sorted(places)
    assert "national OPPS amount: $337.46, paid (status S, APC 5693)" in written
    assert "The held lines are worth $337.46 at national amounts (OPPS 2026-01-01)" in written
    assert "R-BUN-1    A3: Carrier fluid is part of the drug's infusion. [1]" in written
    assert "A2  20 min, 10:00\u201310:20: pause" in written
    assert "entered in error or not given: A9" in written
    assert f"[1] {MANUAL}" in written


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("picture", PICTURES)
def test_no_line_is_wider_than_asked_and_every_administration_appears(
    picture: Any, width: int, *, ascii_only: bool
) -> None:
    """At every width, in both alphabets, whatever the names."""
    made: Picture = picture()
    written = text(made, width, ascii_only=ascii_only).plain
    assert max(cell_len(words) for words in written.split("\n")) <= width
    assert all(f" {row.tag} " in written for row in made.rows)


def test_long_ids_are_numbered_in_the_drawing_and_spelled_out_below() -> None:
    """No two administrations look alike because their ids were cut."""
    written = text(three_days(), 80).plain
    assert "#12" in written
    assert "  #12  20-2026-03-04-5f0c7f9e" in written


def test_an_open_stay_draws_what_still_runs_with_an_arrow() -> None:
    """Nobody has failed to chart a stop that has not happened yet."""
    running = drug("heparin", "A1", flow("09:00", None))
    picture = lay_out(stay(running, standing="open"), charges(status="preview"), [])
    assert picture.rows[0].pieces[0].fill == "running"
    row = next(words for words in drawing(picture) if "A1 heparin" in words)
    assert "░░▶" in row
    assert "09:00\u2013now" in row


def test_idle_hours_are_left_out_and_their_length_is_said() -> None:
    """Two short visits to the bedside a night apart keep a scale on which they can be seen."""
    doses = drug("cefepime", "A1", flow("08:00", "08:30")), drug("cefepime", "A2", flow("20:00", "20:30"))
    picture = lay_out(stay(*doses), charges(), [])
    (gap,) = picture.scale(60, 9).breaks
    assert gap.label == "11 h 10"
    assert gap.right - gap.left == 9
    assert any("11 h 10" in words for words in drawing(picture))


def test_midnight_carries_the_new_date() -> None:
    """A bar that crosses midnight can be read against both days."""
    night = drug("sodium chloride", "A1", flow("23:00", "02:00", until="2026-03-03"))
    ticks = lay_out(stay(night), charges(), []).scale(60, 9).ticks(7)
    assert [(tick.label, tick.date) for tick in ticks if tick.midnight] == [("00:00", "Mar 3")]
    assert ticks[0].date == "Mar 2"


def test_the_hour_that_comes_twice_is_drawn_twice() -> None:
    """Local clocks are shown, lengths are real: the night of the change is an hour longer."""
    night = drug("heparin", "A1", flow("23:30", "04:00", "2026-10-31", "2026-11-01"))
    picture = lay_out(stay(night), charges(), [])
    assert [mark.label for mark in picture.marks] == ["clocks back 1 h"]
    assert picture.rows[0].minutes == "0/330 min"
    assert [tick.label for tick in picture.scale(100, 9).ticks(7)].count("01:00") == 2


def test_without_a_zone_the_offset_of_the_events_tells_the_time() -> None:
    """The clock says what it is."""
    picture = lay_out(stay(drug("x", "A1", flow("09:00", "10:00")), time_zone=None), charges(), [])
    assert picture.clock == "UTC-05:00 (no time zone charted)"
    assert picture.rows[0].times == "09:00\u201310:00"


def test_a_pump_that_agrees_to_the_minute_is_not_drawn_again() -> None:
    """Only another story is worth a row."""
    told = flow("09:00", "10:00")
    agreeing = drug("x", "A1", told, pump_flows=(Flow(told.start + 20, told.stop),))
    alone = drug("y", "A2", pump_flows=(told,))
    rows = lay_out(stay(agreeing, alone), charges(), []).rows
    assert [bool(row.pump) for row in rows] == [False, True]
    assert rows[1].note == "pump record only"


def test_impossible_charting_is_drawn_and_named() -> None:
    """A stop before its start breaks neither the picture nor the reader's trust."""
    wrong = drug("x", "A1", Flow(at("09:00"), at("08:00")), faults=("stop_before_start",))
    nowhere = drug("y", "A2")
    written = text(lay_out(stay(wrong, nowhere), charges(status="held"), []), 80).plain
    assert "stop before start" in written
    assert "no time charted" in written


def test_an_empty_encounter_is_still_a_page() -> None:
    """A cancelled stay has a header and no drawing."""
    picture = lay_out(stay(standing="cancelled"), charges(status="cancelled"), [])
    assert "CANCELLED" in text(picture, 80).plain
    assert ET.fromstring(page(picture)).tag == f"{SVG}svg"  # noqa: S314 our own bytes


def test_minutes_outside_the_stay_are_lost_for_a_reason() -> None:
    """What the rules cut off at the order and at the departure says so."""
    ordered = stay(
        drug("vancomycin", "A1", flow("08:00", "10:00")),
        arrived_at=at("07:40"),
        inpatient_ordered_at=at("09:00"),
        departed_at=at("11:00"),
    )
    left = ordered._replace(inpatient_ordered_at=None, departed_at=at("09:00"))
    early = ordered._replace(inpatient_ordered_at=None, arrived_at=at("09:00"))
    hour, later = used("A1", "08:00", "09:00", "96365"), used("A1", "09:00", "10:00", "96365")
    made = [
        lay_out(one, charges(line("96365", ["A1"])), [span])
        for one, span in ((ordered, hour), (left, hour), (early, later))
    ]
    assert [list(picture.lost) for picture in made] == [
        [("A1", "60 min, 09:00\u201310:00: after the inpatient order")],
        [("A1", "60 min, 09:00\u201310:00: after the departure")],
        [("A1", "60 min, 08:00\u201309:00: before the hospital took over")],
    ]


def test_a_name_the_drawing_had_no_room_for_is_spelled_out_below() -> None:
    """A terminal cuts names; nobody has to guess them. Paper has room for another line."""
    name = "potassium chloride in sodium chloride 0.9 %"
    picture = lay_out(stay(drug(name, "A1", flow("08:00", "09:00")), drug("x", "A2")), charges(), [])
    assert text(picture, 80).plain.endswith(f"Administrations\n  A1   {name}")
    root = ET.fromstring(page(picture))  # noqa: S314 our own bytes
    written = " ".join(element.text or "" for element in root.iter(f"{SVG}text"))
    assert f"A1 {name}" in written


def test_a_code_beside_a_point_keeps_off_the_lines_of_the_stay() -> None:
    """Where the departure is near, the code stands on the other side."""
    push = drug("ketorolac", "A1", technique="push", given_at=at("09:50"))
    picture = lay_out(
        stay(push, arrived_at=at("08:00"), departed_at=at("10:00")), charges(line("96374", ["A1"])), []
    )
    assert any("96374 \u25c6" in words for words in drawing(picture))
    root = ET.fromstring(page(picture))  # noqa: S314 our own bytes
    (code,) = (one for one in root.iter(f"{SVG}text") if one.text == "96374" and one.get("x") != "36")
    assert code.get("text-anchor") == "end"


def test_codes_stand_in_the_longest_stretch_on_screen_and_page() -> None:
    """A first stretch of ten minutes is too short for them."""
    flows = flow("08:00", "08:10"), flow("09:00", "12:00")
    lines = charges(line("96413", ["A1"]), line("96415", ["A1"]))
    spans = [used("A1", "08:00", "08:10", "96413"), used("A1", "09:00", "12:00", "96413")]
    picture = lay_out(stay(drug("rituximab", "A1", *flows)), lines, spans)
    assert any("█96413+96415█" in words for words in drawing(picture))
    assert ">96413 + 96415</text>" in page(picture)


@pytest.mark.parametrize(
    ("labels", "placed"),
    [
        ([(0, 10), (50, 10)], [(0, 0), (0, 50)]),
        ([(0, 10), (5, 10)], [(0, 0), (1, 5)]),
        ([(90, 20), (95, 20)], [(1, 70), (0, 75)]),
    ],
)
def test_labels_that_would_touch_take_lanes_that_no_line_crosses(labels: Any, placed: Any) -> None:
    """On the right edge, where labels stand left of their lines, the last one is the uppermost."""
    assert lanes(labels, 100, 2) == placed


def test_a_short_stretch_after_a_break_has_its_tick_at_a_round_time() -> None:
    """Ten minutes before what happened is no time anybody charted."""
    doses = drug("x", "A1", flow("08:00", "11:00")), drug("y", "A2", technique="push", given_at=at("20:00"))
    (last,) = lay_out(stay(*doses), charges(), []).scale(60, 9).ticks(7)[-1:]
    assert last.label == "20:00"


@pytest.mark.parametrize("picture", PICTURES)
def test_the_page_is_well_formed_self_contained_and_the_same_every_time(picture: Any) -> None:
    """No scripts, no references, no empty title, no text outside the page."""
    made = picture()
    assert page(made) == page(picture())
    root = ET.fromstring(page(made))  # noqa: S314 our own bytes
    assert root.get("viewBox", "").split()[:3] == ["0", "0", str(WIDTH)]
    assert root.findtext(f"{SVG}title") == "Infusion charges of encounter E1"
    described = root.findtext(f"{SVG}desc") or ""
    assert all(f"{row.tag} {row.name}" in described for row in made.rows)
    assert not list(root.iter(f"{SVG}script"))
    assert not [
        key for element in root.iter() for key in element.attrib if "href" in key or key.startswith("on")
    ]
    assert all(0 <= float(element.get("x", "")) <= WIDTH for element in root.iter(f"{SVG}text"))


def test_the_page_keeps_flags_and_money_to_the_house() -> None:
    """A letter to a payer shows charges and sources, and says when they are held."""
    written = page(held_with_everything())
    assert "Held: not released" in written
    assert MANUAL in written
    assert "$" not in written
    assert "F-NEAR_THRESHOLD" not in written


def test_names_cannot_break_out_of_the_page_or_the_terminal() -> None:
    """Markup is text, and what moves a cursor or turns the reading direction is replaced."""
    nasty = "<script>&\"'[red]x[/red]\u202e\x9b2J\ufffe"
    picture = lay_out(stay(drug(nasty, "A1", flow("08:00", "09:00"))), charges(), [])
    root = ET.fromstring(page(picture))  # noqa: S314 our own bytes
    assert "<script>&\"'[red]x[/red]\ufffd\ufffd2J\ufffd" in (root.findtext(f"{SVG}desc") or "")
    assert "[red]x[/red]" in text(picture, 120).plain
    assert not set(text(picture, 120).plain) & {"\u202e", "\x9b", "\ufffe"}


@given(
    names=st.lists(st.text(min_size=1, max_size=200), max_size=4),
    minutes=st.lists(
        st.tuples(st.integers(0, 6000), st.none() | st.integers(-5, 3000)), min_size=4, max_size=4
    ),
    width=st.integers(60, 160),
)
@settings(max_examples=60, deadline=None)
def test_any_stay_fits(names: list[str], minutes: list[tuple[int, int | None]], width: int) -> None:
    """Whatever is charted, the drawing keeps its width and the page stays well formed."""
    begin = at("00:00")
    doses = [
        drug(
            "x", f"A{n}", Flow(begin + start * 60, None if length is None else begin + (start + length) * 60)
        )
        for n, (start, length) in enumerate(minutes)
    ]
    named = [
        dose._replace(drug=Drug.model_construct(name=name), route=name)
        for dose, name in zip(doses, names, strict=False)
    ]
    picture = lay_out(stay(*named), charges(), [])
    assert all(cell_len(words) <= width for words in text(picture, width).plain.split("\n"))
    assert text(picture, width, ascii_only=True).plain.isascii()
    ET.fromstring(page(picture))  # noqa: S314 our own bytes
    assert plain("".join(names)).isprintable()
