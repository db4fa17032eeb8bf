"""The letter, as SVG and as a page: what an auditor asks of it, and that nothing charted can break out of it."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from models.charge import CitedSource
from rules.sources import sources
from streams.cli import main
from streams.explain.labels import TIMES
from streams.explain.letter import carrying

SVG = "{http://www.w3.org/2000/svg}"
PAGE = 1294
NASTY = "<b>&\u202eabc\u200b\u2066"


def told(event: str, clock: str, event_id: str, encounter_id: str = "E1", day: int = 2, **fields: Any) -> str:
    """Return one event of March as a line."""
    at = f"2026-03-{day:02d}T{clock}:00-05:00"
    return json.dumps(
        {"type": event, "event_id": event_id, "encounter_id": encounter_id, "occurred_at": at} | fields
    )


def opened(encounter_id: str = "E1", **fields: Any) -> str:
    """Return the registration of a stay in a named department of a named facility."""
    known = {"setting": "facility", "payer": "medicare", "time_zone": "America/New_York"}
    return told(
        "encounter_opened",
        "07:40",
        "a1",
        encounter_id,
        **known | {"facility": "NORTH", "department": "INF"} | fields,
    )


def infusion(
    encounter_id: str = "E1", stop: str | None = "09:31", name: str = "A1", day: int = 2, **fields: Any
) -> list[str]:
    """Return the events of one infusion with all an auditor asks for."""
    facts = {"drug": {"name": "ceftriaxone"}, "route": "IV", "site_id": "arm", "dose": 1.50, "dose_unit": "g"}
    known = facts | {"volume_ml": 50, "source": "emar", "charted_by_role": "nurse"} | fields
    about = {"administration_id": name}
    lines = [told("infusion_started", "08:00", f"{name}-m1", encounter_id, day, **about, **known)]
    if stop is not None:
        end = {
            "source": "pump",
            "charted_by_role": "device",
            "recorded_at": f"2026-03-{day:02d}T12:00:00-05:00",
        }
        lines.append(told("infusion_stopped", stop, f"{name}-m2", encounter_id, day, **about, **end))
        nurse = {"source": "emar", "charted_by_role": "nurse"}
        lines.append(told("infusion_stopped", stop, f"{name}-m3", encounter_id, day, **about, **nurse))
    return lines


def discharged(encounter_id: str = "E1", day: int = 2) -> str:
    """Return the departure."""
    return told("encounter_discharged", "14:00", "a2", encounter_id, day)


def run(form: str, *lines: str) -> Result:
    """Return what the verb did with these lines, the page on stdout."""
    return CliRunner().invoke(main, ["explain", f"--{form}", "-"], input="\n".join(lines))


class _Words(HTMLParser):
    """Collects the words of a page and what its elements are."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on") or name in {"src", "href"}]
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)


def words(form: str, *lines: str) -> str:
    """Return every word of a page, in order, with single spaces."""
    page = run(form, *lines).stdout
    if form == "svg":
        found = [text.text or "" for text in ET.fromstring(page).iter(f"{SVG}text")]  # noqa: S314 our own bytes
    else:
        parser = _Words()
        parser.feed(page)
        assert not parser.open
        found = parser.words
    return " ".join(" ".join(found).split())


SIMPLE = (opened(), *infusion(), discharged())
HELD = (opened(), *infusion(stop=None), discharged())
BOTH = pytest.mark.parametrize("form", ["svg", "html"])


@BOTH
def test_a_letter_names_facility_dose_volume_and_who_charted_each_time(form: str) -> None:
    """With the event behind it, and when it was stored where that was later."""
    page = words(form, *SIMPLE)
    assert re.search(r"facility:? NORTH", page, re.IGNORECASE)
    assert re.search(r"department:? INF", page, re.IGNORECASE)
    assert "1.5 g · 50 mL" in page
    assert "08:00 start A1-m1 nurse · emar" in page
    assert "09:31 stop A1-m2 device · pump stored Mar 2 12:00" in page
    assert "09:31 stop A1-m3 nurse · emar" in page


@BOTH
def test_a_letter_has_the_address_of_every_source_that_has_one(form: str) -> None:
    """In words, so that paper has it too."""
    page = words(form, *SIMPLE)
    assert sources()["IOM12"].line() in page
    assert sources()["IOM12"].href in page.replace(" ", "")


@BOTH
def test_a_weak_source_beside_a_primary_one_is_left_out_of_the_letter(form: str) -> None:
    """The terminal shows them all."""
    shown = CliRunner().invoke(main, ["explain", "--width", "200"], input="\n".join(SIMPLE)).stdout
    blog = sources()["OHIO-2"].title
    assert blog in shown
    page = words(form, *SIMPLE)
    assert blog not in page
    assert "96366" in page


def test_where_no_source_is_primary_those_somebody_read_stay() -> None:
    """What nobody has read is left only where nothing else is."""
    known = {grade: CitedSource(grade, grade, None) for grade in ("A", "B", "C", "K")} | {
        "own": CitedSource("own", None, None)
    }
    assert carrying(("A", "B", "C", "K"), known) == ("A",)
    assert carrying(("B", "C", "K", "own"), known) == ("B", "C", "own")
    assert carrying(("K",), known) == ("K",)


@BOTH
def test_a_held_stay_says_held_and_why_and_calls_nothing_billed(form: str) -> None:
    """Neither in the heading nor in the legend nor in the drawing's description."""
    result = run(
        form,
        *HELD,
        told(
            "push_given",
            "09:00",
            "p1",
            administration_id="A2",
            drug={"name": "morphine"},
            route="IV",
            site_id="arm",
        ),
    )
    assert result.exit_code == 1
    page = result.stdout
    assert "Held: not released" in page
    assert "Held: nothing below is billed" in page
    assert "F-MISSING_STOP: A1" in re.sub(r"</?bdi>", "", page)
    assert "No stop is charted and none can be calculated." in page
    assert "To release it: Ask the nurse for the stop" in page
    left = page.replace("nothing below is billed", "")
    assert not re.search(r"\bbilled\b", left, re.IGNORECASE)
    assert "coded, held" in page


@BOTH
def test_an_open_stay_calls_nothing_billed_either(form: str) -> None:
    """A preview may change."""
    page = run(form, opened(), *infusion()).stdout
    assert "Preview: not final" in page
    assert not re.search(r"\bbilled\b", page, re.IGNORECASE)


@BOTH
def test_a_final_letter_has_no_flag_and_no_amount(form: str) -> None:
    """They are the house's business."""
    page = run(form, *SIMPLE).stdout
    assert "F-NEAR_THRESHOLD" not in page
    assert "$" not in page


@BOTH
def test_what_is_charted_cannot_break_out_of_a_letter(form: str) -> None:
    """Markup is text; what turns the reading direction or hides is replaced."""
    lines = (
        opened(NASTY, facility=NASTY, payer=NASTY),
        told(
            "push_given", "08:00", NASTY, NASTY, administration_id=NASTY, drug={"name": NASTY}, route=NASTY,
            site_id=NASTY, dose=1, dose_unit=NASTY, source=NASTY, indication=NASTY,
        ),
        told("administration_voided", "09:00", "v1", NASTY, administration_id=f"{NASTY}2"),
        discharged(NASTY),
    )  # fmt: skip
    page = run(form, *lines).stdout
    assert "<b>" not in page
    assert not set(page) & {"\u202e", "\u200b", "\u2066"}
    assert "<b>&\ufffdabc\ufffd\ufffd" in words(form, *lines)


def test_letters_read_from_right_to_left_move_no_number_in_the_drawing() -> None:
    """An id of such letters is shown in the order of its letters."""
    root = ET.fromstring(run("svg", opened(), *infusion(name="\u05d0\u05d1 1"), discharged()).stdout)  # noqa: S314 our own bytes
    turning = [text for text in root.iter(f"{SVG}text") if "\u05d0" in (text.text or "")]
    assert turning
    assert all(text.get("style") == "unicode-bidi:bidi-override" for text in turning)


def test_the_page_stands_alone_and_runs_nothing() -> None:
    """No script, no image, no link, nothing fetched; the browser is told so too."""
    page = run("html", *SIMPLE).stdout
    parser = _Words()
    parser.feed(page)
    assert not set(parser.tags) & {"script", "img", "link", "iframe", "object", "a", "form"}
    assert "default-src 'none'" in page
    assert page.startswith("<!doctype html>")
    assert page == run("html", *SIMPLE).stdout
    assert "url(" not in page.replace("url(#hatch)", "")


def test_a_page_holds_stay_after_stay_and_breaks_between_them() -> None:
    """In the order of their ids; a line is never broken."""
    page = run("html", opened("E2"), *infusion("E2"), discharged("E2"), *SIMPLE).stdout
    assert page.index('id="stay-1">Encounter <bdi>E1') < page.index('id="stay-2">Encounter <bdi>E2')
    style = re.sub(r"\s+", " ", page[page.index("<style>") : page.index("</style>")])
    assert ".stay + .stay { break-before: page }" in style
    assert re.search(r"\.kept, tr, \.why \{ break-inside: avoid \}", style)
    assert page.count('<table class="line kept">') == 4


def long_stay() -> tuple[str, ...]:
    """Return thirty infusions over three days."""
    given = [
        line
        for number in range(30)
        for line in infusion(
            name=f"A{number}",
            day=2 + number // 10,
            drug={"name": f"drug {number}", "billing_class": "therapeutic"},
        )
    ]
    return (opened(), *given, discharged(day=5))


def test_a_long_letter_is_drawn_on_pages_and_no_line_is_cut() -> None:
    """Every page has its foot, its own clock over its rows, and nothing below its end."""
    root = ET.fromstring(run("svg", *long_stay()).stdout)  # noqa: S314 our own bytes
    pages = root.findall(f"{SVG}g")
    assert len(pages) > 2
    assert root.get("viewBox") == f"0 0 1000 {PAGE * len(pages)}"
    for number, page in enumerate(pages, 1):
        texts = list(page.iter(f"{SVG}text"))
        foot = texts[-1].text or ""
        assert foot.startswith("Encounter E1 · ")
        assert foot.endswith(f", revision 1 · page {number} of {len(pages)}")
        assert all(0 < float(text.get("y", "")) <= PAGE - 20 for text in texts)
        assert page.get("transform") == f"translate(0 {PAGE * (number - 1)})"
    rows = [text.text or "" for page in pages for text in page.iter(f"{SVG}text")]
    assert [f"A{number} drug {number}" in rows for number in range(30)] == [True] * 30
    assert "arm, continued" in rows


def test_each_page_of_a_long_stay_has_the_clock_of_its_own_rows() -> None:
    """An infusion of an hour and a half on the first of three days is no stroke."""
    root = ET.fromstring(run("svg", *long_stay()).stdout)  # noqa: S314 our own bytes
    first, *_, last = ({text.text for text in page.iter(f"{SVG}text")} for page in root.findall(f"{SVG}g"))
    assert "Mar 2" in first
    assert "departure 14:00" not in first
    assert "Mar 2" not in last
    bars = [float(bar.get("width", "")) for bar in root.iter(f"{SVG}rect") if bar.get("height") == "20"]
    assert min(bars) > 20


def test_a_charge_line_and_its_reasons_stand_on_one_page() -> None:
    """However many lines there are."""
    root = ET.fromstring(run("svg", *long_stay()).stdout)  # noqa: S314 our own bytes
    for page in root.findall(f"{SVG}g"):
        shown = [text.text or "" for text in page.iter(f"{SVG}text")]
        rules = [
            number
            for number, text in enumerate(shown)
            if re.fullmatch(r"R-(TIME|SEQ|HIER|CONC|INIT)-\d+", text)
        ]
        lines = [number for number, text in enumerate(shown) if re.fullmatch(rf"96\d{{3}} {TIMES} \d+", text)]
        assert not rules or (lines and min(lines) < min(rules))


def test_two_pages_at_once_are_wrong_usage(tmp_path: Path) -> None:
    """Nothing is read and nothing written."""
    options = ["explain", "--svg", str(tmp_path / "a.svg"), "--html", str(tmp_path / "a.html")]
    result = CliRunner().invoke(main, options, input="\n".join(SIMPLE))
    assert result.exit_code == 2
    assert "--svg and --html write two different pages" in result.stderr
    assert not list(tmp_path.iterdir())


def test_a_page_without_a_stay_is_not_written(tmp_path: Path) -> None:
    """An encounter that is not there is wrong usage, as ever."""
    page = tmp_path / "a.html"
    result = CliRunner().invoke(
        main, ["explain", "--html", str(page), "--encounter", "E9"], input="\n".join(SIMPLE)
    )
    assert result.exit_code == 2
    assert "--encounter" in result.stderr
    assert not page.exists()


def test_a_time_nobody_charted_says_that_no_event_states_it() -> None:
    """A stop calculated from volume and rate is not the nurse's."""
    lines = (opened(), *infusion(stop=None, rate_ml_per_h=50), discharged())
    assert "09:00 stop calculated or taken over: no event states it" in words("html", *lines)


def test_a_time_that_was_corrected_is_told_as_not_used() -> None:
    """The auditor finds both in the chart."""
    later = told(
        "administration_charted", "12:00", "c1", administration_id="A1", stopped_at="2026-03-02T09:40:00-05:00",
        source="emar", charted_by_role="pharmacist",
    )  # fmt: skip
    page = words("html", *SIMPLE, later)
    assert "09:31 stop A1-m3 nurse · emar corrected or outweighed, not used" in page
    assert "09:40 stop c1 pharmacist · emar stored Mar 2 12:00" in page


def test_a_reason_names_administrations_as_the_drawing_does() -> None:
    """Long ids are numbers there."""
    push = {"drug": {"name": "morphine"}, "route": "IV", "site_id": "arm"}
    first, second = "5f0c7f9e-2b1a-4c9d-0001", "5f0c7f9e-2b1a-4c9d-0002"
    lines = (
        opened(),
        *infusion(name="5f0c7f9e-2b1a-4c9d-0000"),
        told("push_given", "10:00", "p1", administration_id=first, **push),
        *(
            told(
                kind,
                clock,
                f"q{clock}",
                administration_id=second,
                drug={"name": "famotidine"},
                route="IV",
                site_id="arm",
            )
            for kind, clock in (("infusion_started", "10:10"),)
        ),
        told("infusion_stopped", "10:20", "q9", administration_id=second),
        discharged(),
    )
    page = words("html", *lines)
    assert "#3: A piggyback of up to 15 minutes is a push." in page
    assert f"{second}: A piggyback" not in page
