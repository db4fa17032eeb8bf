"""Charge sets as tables for a person: what is charged, what a person must look at, what earns nothing."""

from io import StringIO
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from models.charge import ChargeSet, DrugLine, Status
from models.printable import printable
from rules.claim.charge_lines import RANK_ORDER
from streams.batch.tally import Tally
from streams.cli.shared.money import dollars
from streams.wire.charge_json import Row, row

_STATUS_STYLES: Final = {"final": "green", "preview": "cyan", "held": "bold red", "cancelled": "dim"}
_SEVERITY_STYLES: Final = {"block": "red", "warn": "yellow", "info": "dim"}


def table(charge_set: ChargeSet, width: int, *, colour: bool) -> bytes:
    """Return the table of one charge set as UTF-8 text, at most ``width`` columns wide; without ``colour``, no codes."""
    console, out = _console(width, colour=colour)
    console.print(_heading(charge_set))
    if charge_set.lines:
        console.print(_lines(charge_set))
    for flag in charge_set.flags:
        style = _SEVERITY_STYLES[flag.severity]
        _print_point(
            console,
            f"{flag.severity:5} {flag.flag}",
            style,
            flag.administration_ids,
            f"{flag.says} {flag.suggestion}",
        )
    for refused in charge_set.not_billed:
        _print_point(
            console, f"not billed  {refused.rule}", "dim", (refused.administration_id,), refused.says
        )
    for drug in (one for one in charge_set.drug_lines if one.status != "released"):
        _print_point(
            console,
            f"drug  {_units(drug)}",
            "dim",
            (drug.administration_id,),
            f"{drug.ingredient}, {drug.status.replace('_', ' ')}: {drug.reasons[-1].says}",
        )
    console.print()
    return _bytes(out)


def summary_table(tally: Tally, width: int, *, colour: bool) -> bytes:
    """Return a table of every code: units released, held and previewed, and their expected payment in USD."""
    console, out = _console(width, colour=colour)
    columns = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1), show_footer=True)
    columns.add_column("code", footer="all")
    statuses: tuple[Status, ...] = ("final", "held", "preview")
    for status in statuses:
        units = sum(count for (_, of), count in tally.code_units.items() if of == status)
        cents = sum(count for (_, of), count in tally.code_cents.items() if of == status)
        columns.add_column(f"{status} units", justify="right", footer=f"{units:,}")
        columns.add_column("USD", justify="right", footer=dollars(cents))
    for code in sorted({code for code, _ in tally.code_units}, key=_rank):
        cells = [code]
        for status in statuses:
            units = tally.code_units[code, status]
            cells += [
                f"{units:,}" if units else "",
                dollars(tally.code_cents[code, status]) if units else "",
            ]
        columns.add_row(*cells)
    console.print(Text(f"All encounters, by code; USD is {_read_from(tally)}", "bold"))
    console.print(columns)
    console.print()
    return _bytes(out)


def _read_from(tally: Tally) -> str:
    """Return what the amounts were read from, each schedule, contract or edition of rates with its first day."""
    return ", ".join(sorted(tally.schedules)) or "not known: nothing at hand prices these lines"


def _units(drug: DrugLine) -> str:
    """Return a drug's code, modifiers, units and waste, as far as they are known: J1745 x31 + x9 JW."""
    code = "-".join((drug.code, *drug.modifiers)) if drug.code else None
    waste = f"+ x{drug.waste_units} JW" if drug.waste_units else None
    counted = "" if drug.units is None else f"x{drug.units}"
    return " ".join(filter(None, (code, counted, waste))) or "no code"


def _rank(code: str) -> tuple[int, str]:
    """Return a sort key: administration codes as a claim lists them, then the drugs' by name."""
    return (RANK_ORDER.index(code) if code in RANK_ORDER else len(RANK_ORDER), code)


def _console(width: int, *, colour: bool) -> tuple[Console, StringIO]:
    out = StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=colour,
        no_color=not colour,
        legacy_windows=False,
        markup=False,
        highlight=False,
    )
    return console, out


def _bytes(out: StringIO) -> bytes:
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines()).encode()


def _heading(charge_set: ChargeSet) -> Text:
    units = sum(line.units for line in charge_set.lines)
    return Text.assemble(
        (printable(charge_set.encounter_id), "bold"),
        "  ",
        (charge_set.status, _STATUS_STYLES[charge_set.status]),
        f"  {printable(charge_set.setting.replace('_', ' '))}",
        f"  {printable(charge_set.payer)}" if charge_set.payer else "",
        f"  {units} unit{'s' if units != 1 else ''}",
        overflow="fold",
    )


def _lines(charge_set: ChargeSet) -> Table:
    columns = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1))
    for name in Row._fields:
        columns.add_column(
            name, justify="right" if name in {"units", "minutes"} else "left", no_wrap=name != "modifiers"
        )
    for line in charge_set.lines:
        columns.add_row(*map(printable, row(line)))
    return columns


def _print_point(
    console: Console, name: str, style: str, administration_ids: tuple[str, ...], says: str
) -> None:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    ids = f"{', '.join(administration_ids)}: " if administration_ids else ""
    grid.add_row(Text(printable(name), style), Text(printable(f"{ids}{says}")))
    console.print(grid)
