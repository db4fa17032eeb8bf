"""The seeded day: its README says what every stay shows, and this test codes it and holds the README to it."""

import csv
import re
from collections import Counter
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from orjson import loads

from models.event import EVENT
from rules.flags import FLAGS
from rules.policy.switches import SWITCHES
from streams.cli.code import command

ROOT = Path(__file__).resolve().parents[2]
DAY = ROOT / "seeds" / "day.jsonl"
LINES = DAY.read_bytes().splitlines()
README = (ROOT / "seeds" / "README.md").read_text(encoding="utf-8")

Row = dict[str, str]


def table(heading: str) -> list[Row]:
    """Return the rows of the README's table under a heading, by column."""
    section = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    columns, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(columns, row, strict=True)) for row in rows]


STAYS = table("The stays")
SWITCHED = table("The switches")
PRICED = table("The amounts")
WORKER_ONLY = {row["flag or switch"] for row in table("Only in the worker")}


def coded(lines: list[bytes], *options: str) -> dict[str, dict[str, Any]]:
    """Return the charge sets of these lines by encounter."""
    run = CliRunner().invoke(command, [*options, "-"], input=b"\n".join(lines) + b"\n", standalone_mode=False)
    assert run.exception is None, run.stderr
    return {
        charge_set["encounter_id"]: charge_set for charge_set in map(loads, run.stdout_bytes.splitlines())
    }


@cache
def day() -> dict[str, dict[str, Any]]:
    """Return the whole day, coded as ``infusion code seeds/day.jsonl`` does."""
    return coded(LINES)


def codes(charge_set: dict[str, Any]) -> str:
    """Return the lines of a set as the README writes them: code, modifiers, units, and a later date."""
    first = min((line["service_date"] for line in charge_set["lines"]), default="")
    units: Counter[str] = Counter()
    later: dict[str, str] = {}
    for line in charge_set["lines"]:
        on = "" if line["service_date"] == first else f" on {line['service_date'][5:]}"
        name = "-".join((line["code"], *line["modifiers"]))
        units[name + on] += line["units"]
        later[name + on] = on
    spelt = ((name.removesuffix(later[name]), count, later[name]) for name, count in units.items())
    return (
        ", ".join(f"{name}{on}" if count == 1 else f"{name} x{count}{on}" for name, count, on in spelt)
        or "none"
    )


def flags(charge_set: dict[str, Any]) -> str:
    """Return the flags of a set as the README writes them."""
    return ", ".join(dict.fromkeys(flag["flag"] for flag in charge_set["flags"]))


def summary(charge_set: dict[str, Any]) -> str:
    """Return status, codes and flags in one cell."""
    return "; ".join(part for part in (charge_set["status"], codes(charge_set), flags(charge_set)) if part)


def emitted() -> set[str]:
    """Return the administration codes this product knows, from the tables it ships."""
    paths = (ROOT / "rules" / "parameters" / "edits").glob("*/opps.csv")
    known = {
        row["code"] for path in paths for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    }
    return {code for code in known if re.fullmatch(r"96[345]\d\d|C8957|G0498", code)}


def test_every_line_is_an_event_of_the_contract() -> None:
    """Nothing in the day is ever rejected."""
    for line in LINES:
        EVENT.validate_json(line)


def test_the_readme_lists_every_stay_of_the_day() -> None:
    """No stay is unexplained, no explanation is of nothing."""
    told = list(dict.fromkeys(loads(line)["encounter_id"] for line in LINES))
    assert [row["stay"] for row in STAYS] == told
    assert len(told) >= 40


@pytest.mark.parametrize("row", STAYS, ids=lambda row: row["stay"])
def test_a_stay_is_coded_as_the_readme_says(row: Row) -> None:
    """Status, codes and flags, with nothing left out."""
    charge_set = day()[row["stay"]]
    assert (row["status"], row["codes"], row["flags"]) == (
        charge_set["status"],
        codes(charge_set),
        flags(charge_set),
    )


@pytest.mark.parametrize("row", SWITCHED, ids=lambda row: f"{row['options']} {row['stay']}")
def test_a_switch_changes_what_the_readme_says_it_changes(row: Row) -> None:
    """The day exercises the default; the other answer changes the stay that is named."""
    lines = [line for line in LINES if loads(line)["encounter_id"] == row["stay"]]
    options = row["options"].strip("`").split()
    chosen = options.index("--set")
    key, _, _ = options[chosen + 1].partition("=")
    assert next(switch for switch in SWITCHES if switch.id == row["switch"]).key == key
    before = coded(lines, *options[:chosen], *options[chosen + 2 :])[row["stay"]]
    after = coded(lines, *options)[row["stay"]]
    assert (row["as the day is"], row["with the other answer"]) == (summary(before), summary(after))
    assert summary(before) != summary(after)


def amount(charge_set: dict[str, Any]) -> str:
    """Return what the lines of a set are worth at national amounts, as the README writes it."""
    payments = [line["expected_payment"] for line in charge_set["lines"] if line["expected_payment"]]
    return f"${sum(one['cents'] or 0 for one in payments) / 100:,.2f}"


@pytest.mark.parametrize("row", PRICED, ids=lambda row: row["options"])
def test_a_switch_changes_the_amounts_the_readme_says_it_changes(row: Row) -> None:
    """The lines stay as they are; what they are worth is another sum."""
    lines = [line for line in LINES if loads(line)["encounter_id"] == row["stay"]]
    before, after = coded(lines)[row["stay"]], coded(lines, *row["options"].strip("`").split())[row["stay"]]
    assert summary(before) == summary(after)
    assert (row["as the day is"], row["with the other answer"]) == (amount(before), amount(after))
    assert amount(before) != amount(after)


def test_every_switch_is_shown_or_named_as_the_workers() -> None:
    """A new switch needs a stay that shows it."""
    assert {row["switch"] for row in (*SWITCHED, *PRICED)} | WORKER_ONLY >= {switch.id for switch in SWITCHES}


def test_every_code_the_product_knows_is_touched() -> None:
    """By the day itself, or by the day under a switch."""
    cells = [row["codes"] for row in STAYS] + [row["with the other answer"] for row in SWITCHED]
    assert emitted() <= {code for cell in cells for code in re.findall(r"\b[A-Z0-9]\d{4}\b", cell)}


def test_every_flag_is_raised_or_named_as_the_workers() -> None:
    """A new flag needs a stay that raises it, as the day is or under a switch."""
    raised = {flag for row in STAYS for flag in row["flags"].split(", ")}
    raised |= {flag for row in SWITCHED for flag in re.findall(r"F-[A-Z_]+", row["with the other answer"])}
    assert raised | WORKER_ONLY >= set(FLAGS)


def test_every_kind_of_event_is_in_the_day() -> None:
    """Somebody who writes a publisher finds an example of each."""
    shown = {loads(line)["type"] for line in LINES}
    assert shown == set(EVENT.json_schema()["discriminator"]["mapping"])


def test_identifiers_are_synthetic() -> None:
    """A theme and a number: no name, no birth date, no record number."""
    pattern = re.compile(r"[A-Z]{2,4}-\d\d([.-][A-Z]{0,4}\d{0,2})?")
    for line in LINES:
        for field, value in loads(line).items():
            if field.endswith("_id") and field != "device_id":
                assert pattern.fullmatch(value), (field, value)


def test_a_stays_lines_stand_together_in_the_order_they_were_stored() -> None:
    """The day reads stay by stay, and plays as it arrived once sorted by the same instants."""
    stored: dict[str, list[datetime]] = {}
    for line in LINES:
        event = EVENT.validate_json(line)
        stored.setdefault(event.encounter_id, []).append(event.recorded_at or event.occurred_at)
    told = [loads(line)["encounter_id"] for line in LINES]
    assert told == [stay for stay, times in stored.items() for _ in times]
    assert all(times == sorted(times) for times in stored.values())


def test_the_order_of_lines_changes_nothing() -> None:
    """Backwards, the day gives the same bytes of every stay."""
    assert coded(LINES[::-1]) == day()
