"""Ids and texts that would move a cursor, turn a line round or hide: neutralised in every output for a person."""

import logging
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from orjson import dumps

from models.charge import CHARGE_SET
from models.printable import printable, printable_lines, replaced, shows
from streams.cli import main
from streams.cli.shared.log_output import JsonFormatter, TextFormatter
from streams.cli.shared.reject_lines import as_row
from streams.cli.shared.stay_rows import CHARGE_HEAD, TextTable, charge_cells, charge_row, csv_text
from streams.console.tables import as_file
from streams.metrics.figures import Figures
from streams.metrics.page import page_of
from streams.operations.reject_ledger import RejectedMessage
from streams.operations.reject_queue import SelectedReject
from streams.wire.reject_headers import origin, reject_headers
from streams.wire.rejects import Reject

C1 = "\x85\x9b2J\x9d0;x\x9c"
BIDI = "\u202a\u202b\u202d\u202e\u202c\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
NO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e\u034f\u115f\u3164\ufe0f\U000e0041\U000e0100"
BREAKS = "\u2028\u2029"
NASTY = f"A{C1}{BIDI}{NO_WIDTH}{BREAKS}Z"
"""What an identifier may hold: it is opaque, and the contract only keeps ASCII's controls out."""

WORDS = f"{NASTY}\x1b[31m\x1b]0;title\x07\b\v\f"
"""What a free text may hold."""


def stay() -> bytes:
    """Return a stay that is held and not billed in part, with something hostile wherever the contract takes it."""

    def event(what: str, clock: str, **fields: Any) -> dict[str, Any]:
        about = {"type": what, "event_id": f"{NASTY}{clock}{what}", "encounter_id": NASTY, "source": NASTY}
        return about | {"occurred_at": f"2026-03-02T{clock}:00-05:00"} | fields

    drug = {"name": f"ceftriaxone {NASTY}"}
    given = {"administration_id": NASTY, "drug": drug, "site_id": NASTY, "order_id": NASTY, "route": NASTY}
    events = [
        event("encounter_opened", "07:40", payer=NASTY, facility=NASTY, department=NASTY, key_reason_order_id=NASTY),
        event("access_placed", "07:45", site_id=NASTY, kind=NASTY, separate_site_reason=WORDS, restart_of=NASTY),
        event("procedure_started", "07:50", procedure_id=NASTY, kind=NASTY),
        event("infusion_started", "08:00", **given, indication=WORDS),
        event("infusion_started", "08:10", **(given | {"administration_id": f"{NASTY}2", "route": "IV"})),
        event("push_given", "08:20", administration_id="short\u202e", drug={"name": "morphine"}, route="IV", dose=1, dose_unit=NASTY),
        event("push_given", "08:21", administration_id="P", drug={"name": NASTY}, route="PO"),
        event("administration_voided", "08:25", administration_id="P"),
        event("encounter_discharged", "23:00"),
    ]  # fmt: skip
    return b"\n".join(map(dumps, events)) + b"\n{\x9b}\n"


def safe(text: str) -> None:
    """Fail where a text has something in it that is not seen, a line's own end left out."""
    hidden = {f"{letter!a}" for line in text.split("\n") for letter in line if not shows(letter)}
    assert not hidden


def infusion(*words: str) -> Result:
    """Return what a verb makes of the stay, on stdin."""
    return CliRunner().invoke(main, words, input=stay())


@pytest.mark.parametrize("text", [NASTY, WORDS, C1, BIDI, NO_WIDTH, BREAKS, "\x00\x7f", "a\u202e\nb"])
def test_nothing_hidden_is_left_of_a_text(text: str) -> None:
    """Every character of it; and what is seen stays as it was."""
    safe(printable(text))
    safe(replaced(text))
    safe(printable_lines(text))
    assert len(replaced(text)) == len(text)
    assert printable("Zürich · 藥 2") == replaced("Zürich · 藥 2") == "Zürich · 藥 2"
    assert not any(map(shows, C1.replace("2J", "").replace("0;x", "") + BIDI + NO_WIDTH + BREAKS))


@pytest.mark.parametrize(
    "words",
    [
        ("code", "--format", "table"),
        ("code", "--format", "table", "--as-of", "2026-03-02T10:00:00-05:00"),
        ("explain",),
        ("explain", "--width", "60"),
        ("explain", "--svg", "-"),
        ("explain", "--html", "-"),
        ("explain", "--encounter", NASTY),
    ],
)
def test_no_picture_page_or_table_shows_it(words: tuple[str, ...]) -> None:
    """On a terminal, for a letter, and beside it on stderr."""
    result = infusion(*words)
    assert result.exit_code == 1
    assert "8" in result.stdout
    safe(result.stdout)
    safe(result.stderr)


def test_a_table_keeps_its_own_colours_and_shows_no_other() -> None:
    """With colour on, the only escapes are those of the table."""
    from streams.cli.shared.charge_table import table  # noqa: PLC0415 -- as its verb does

    [line] = infusion("code").stdout_bytes.splitlines()
    shown = table(CHARGE_SET.validate_json(line), 80, colour=True).decode()
    assert not set(NASTY) & set(shown) - set("AZ2J0;x")
    assert "\x1b[31m]" not in shown


@pytest.mark.parametrize("verb", ["code", "explain", "publish"])
def test_a_file_name_in_a_message_is_shown_safely(verb: str, tmp_path: Path) -> None:
    """The name is the sender's too, where a folder is filled by an interface."""
    there = tmp_path / "\x1b[31m\u202egnp\x9b.jsonl"
    there.write_bytes(b"{\n")
    for name in (there, tmp_path / "\x1bnot there\u2028"):
        safe(CliRunner(env={"KAFKA_BOOTSTRAP_SERVERS": ""}).invoke(main, [verb, str(name)]).output)


def test_a_site_s_texts_are_shown_safely(tmp_path: Path) -> None:
    """A policy's name and words come from a file that somebody else may have written."""
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "x\u202e.toml").write_text('name = "\\u202e\\u009b"\n')
    for words in (
        ["check"],
        ["rules"],
        ["code", "--policy", "\x1b]0;\u2066"],
        ["rules", "show", "\x9b\u200b"],
    ):
        result = CliRunner().invoke(
            main, [*words, *(["--site-dir", str(tmp_path)] if words != ["rules"] else [])]
        )
        safe(result.output)


def test_tables_and_spreadsheets_of_what_was_published_are_safe() -> None:
    """What ``charges`` and ``review`` show was written by whoever may write to the topic."""
    [line] = infusion("code").stdout_bytes.splitlines()
    charge_set = CHARGE_SET.validate_json(line)
    row = charge_row(charge_set, 0)
    safe(TextTable(CHARGE_HEAD, [row]).line(row))
    safe(csv_text(charge_cells(charge_set, 0)).replace("\r\n", "\n"))


@pytest.mark.parametrize("cell", ["-217.31", "-2", "=1+1", "-1+2", "-", "+3", "-2\n", "217.31"])
def test_a_credit_is_a_number_in_a_spreadsheet_and_a_formula_is_not(cell: str) -> None:
    """A column of money adds up; at a terminal and from the console alike."""
    kept = cell in {"-217.31", "-2", "217.31"}
    assert (csv_text([(cell,)]).strip() == cell) is kept
    body = as_file("csv", "x", ["usd"], [(cell,)]).body
    assert isinstance(body, bytes)
    assert (body.decode().split("\r\n")[1] == cell) is kept


def test_a_reject_is_shown_safely() -> None:
    """Its headers may be anybody's."""
    headers = reject_headers((), f"line: {WORDS}", NASTY, 0, 0)
    message = RejectedMessage(0, 0, 0, WORDS.encode(), WORDS.encode(), headers, origin(headers))
    safe(as_row(SelectedReject(message, "open", ""), show=True))
    safe(Reject(NASTY, WORDS, WORDS).text(["f"]))


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter("worker")])
def test_no_log_line_holds_it(formatter: logging.Formatter) -> None:
    """Whoever's words it repeats."""

    class OwnError(Exception):
        """One whose text is shown."""

    OwnError.__module__ = "streams.somewhere"
    about = (OwnError, OwnError(WORDS), None)
    failed = logging.LogRecord("a", logging.ERROR, "f", 1, "failed %s", (WORDS,), about)
    for record in (failed, logging.LogRecord("a", logging.INFO, "f", 1, "said %s", (WORDS,), None)):
        safe(formatter.format(record))


def test_no_label_of_a_figure_holds_it() -> None:
    """A source's name is a feed's own word."""
    figures = Figures("worker")
    figures.add("infusion_events_total", 1, NASTY)
    safe(page_of(figures)().decode())
