"""``infusion recode --compare`` on files: which lines, codes and dollars another answer moves, in every form."""

import csv
import json
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.cli import main

DAY = Path(__file__).resolve().parents[3] / "seeds" / "day.jsonl"
PUSH = ("--compare", "--set", "missing_stop=push")


def recode(*words: str, given: bytes | None = None) -> Result:
    """Run the verb, and look for tracebacks."""
    result = CliRunner().invoke(main, ["recode", *words], input=given)
    assert "Traceback" not in result.stderr
    return result


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a file with some stays of the seeded day, one of them awkwardly named."""
    path = tmp_path_factory.mktemp("month") / "day.jsonl"
    lines = [
        line for line in DAY.read_text(encoding="utf-8").splitlines() if '"encounter_id": "DOC-0' in line
    ]
    path.write_text("\n".join(lines).replace('"DOC-02"', '"<b>DOC-02"'))
    return str(path)


def test_another_answer_moves_lines_codes_and_dollars(day: str) -> None:
    """By change, by line and by code the same money; nothing under the policy in force."""
    made = recode(*PUSH, day)
    changes = [json.loads(line) for line in made.stdout.splitlines()]
    assert [(one["encounter_id"], one["change"], one["line"]["code"]) for one in changes] == [
        ("<b>DOC-02", "credit", "96365"), ("<b>DOC-02", "charge", "96374"), ("DOC-01", "charge", "96374"),
    ]  # fmt: skip
    assert "3 would be credited or charged, +217.31 USD net" in made.stderr
    lines = list(csv.DictReader(StringIO(recode(*PUSH, "--by", "line", "--format", "csv", day).stdout)))
    codes = [json.loads(line) for line in recode(*PUSH, "--by", "code", day).stdout.splitlines()]
    assert sum(float(one["usd"].lstrip("'")) for one in lines) == pytest.approx(217.31)
    assert [(one["code"], one["stays"], one["cents"]) for one in codes] == [
        ("96374", 2, 43462),
        ("96365", 1, -21731),
    ]
    assert "96374  2" in recode(*PUSH, "--by", "code", "--format", "table", day).stdout
    same = recode("--compare", day)
    assert (same.exit_code, same.stdout, made.exit_code) == (0, "", 1)


def test_the_page_stands_alone_and_shows_what_comes_from_events_as_text(day: str) -> None:
    """No script, nothing fetched, every element closed; the totals and every line."""
    html = recode(*PUSH, "--format", "html", day).stdout
    opened: list[str] = []

    class Elements(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert not {"src", "href", "onclick"} & {name for name, _ in attrs}
            if tag != "meta":
                opened.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert opened.pop() == tag

    Elements().feed(html)
    assert not opened
    assert "script" not in html
    assert "+217.31 USD net, in 2 of" in html
    assert "missing_stop=push beside the policy in force" in html
    assert "&lt;b&gt;DOC-02" in html
    assert "held → final" in html


def test_a_month_is_the_days_from_one_to_another(day: str) -> None:
    """By date of service; and files need --compare, for infusion code is there for the rest."""
    assert "0 coded again" in recode(*PUSH, "--since", "2026-11-01", day).stderr
    assert "0 coded again" in recode(*PUSH, "--until", "2026-10-04", day).stderr
    within = recode(*PUSH, "--since", "2026-10-01", "--until", "2026-10-31", day)
    assert "2 would change" in within.stderr
    turned = recode(*PUSH, "--since", "2026-10-31", "--until", "2026-10-01", day)
    assert (turned.exit_code, "--until lies before --since" in turned.stderr) == (2, True)
    assert recode(day).exit_code == 2
    assert recode("--compare", "--restore", "E1", day).exit_code == 2


def test_a_charge_set_in_the_files_is_what_stands(day: str, tmp_path: Path) -> None:
    """What was sent, under whatever policy."""
    sets = CliRunner().invoke(main, ["code", "--quiet", "--set", "missing_stop=push", day]).stdout_bytes
    path = tmp_path / "sets.jsonl"
    path.write_bytes(sets)
    assert recode(*PUSH, day, str(path)).stdout == ""
    assert "-217.31 USD net" in recode("--compare", day, str(path)).stderr
