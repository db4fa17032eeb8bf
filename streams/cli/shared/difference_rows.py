"""Differences between our charges and another system's, as a person, a spreadsheet and a program read them."""

from collections.abc import Iterator
from typing import Final

from orjson import dumps

from streams.cli.shared.money import dollars, signed
from streams.cli.shared.stay_rows import Cells
from streams.reconciliation.difference import Difference
from streams.reconciliation.shadow import Group

HEAD: Final[Cells] = (
    "EXPLAINED BY",
    "ENCOUNTER",
    "SERVICE",
    "OURS",
    "USD",
    "THEIRS",
    "USD",
    "OTHER",
    "OUR RULE",
)


def table_row(group: Group, one: Difference) -> Cells:
    """Return a difference under ``HEAD``."""
    return (
        f"{group.switch}={group.answer}" if group.switch else "-",
        one.encounter_id,
        one.service_date.isoformat() if one.service_date else "-",
        _coded(one.code, one.units, one.modifiers),
        dollars(one.cents) if one.code else "-",
        _coded(one.their_code, one.their_units, one.their_modifiers),
        signed(one.their_cents).removeprefix("+") if one.their_code else "-",
        " ".join(one.differs_in) or one.kind.replace("_", " "),
        " ".join(filter(None, (one.rule, one.says))) or "-",
    )


def json_row(group: Group, one: Difference) -> bytes:
    """Return a difference as one line of JSON, with the switch and the answer that explain it."""
    return dumps({"switch": group.switch or None, "answer": group.answer or None, **one.__dict__}) + b"\n"


def summary(found: list[Group]) -> Iterator[str]:
    """Yield a line for each explanation: how many differences of how many stays, and ours less theirs in dollars."""
    for group in found:
        lines = f"{len(group.differences):,} in {group.stays:,} stays, {signed(group.cents)} USD"
        if group.waiting:
            yield f"{' '.join(filter(None, (group.waiting, group.rule))):44}  {lines}, no difference: not charged yet"
            continue
        name = f"{group.switch}={group.answer}" if group.switch else f"rule {group.rule or 'none of ours'}"
        yield f"{name:44}  {lines}"


def _coded(code: str | None, units: int, modifiers: tuple[str, ...]) -> str:
    return "-" if code is None else "-".join((code, *modifiers)) + (f"x{units}" if units != 1 else "")
