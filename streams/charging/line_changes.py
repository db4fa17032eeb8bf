"""The lines that a sent charge set charges, and the credits and charges that another set makes of them. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final

from orjson import loads
from pydantic import TypeAdapter, ValidationError

from models.charge import ChargeLine, ChargeSet, Status
from models.deferred import deferred
from models.line_change import LineChange
from streams.charging.release_state import UnreadableReleaseError


@deferred
@dataclass(frozen=True)
class _SentChargeSet:
    """The fields of a charge set that crediting it needs; others, which a release may have added, are passed over."""

    charge_set_id: str
    revision: int
    replaces: str | None
    status: Status
    lines: tuple[ChargeLine, ...]


_SENT_CHARGE_SET: Final[TypeAdapter[_SentChargeSet]] = TypeAdapter(_SentChargeSet)


_REPLACES: Final = b'"replaces":'


@dataclass(frozen=True)
class ChargedRevision:
    """The revision of a charge set that was sent, and the lines it charges: those of a final set, else none."""

    revision: int
    lines: tuple[ChargeLine, ...]
    charge_set_id: str
    replaces: str | None


def charged_revision(value: bytes) -> ChargedRevision:
    """
    Return the revision and the lines that a value on the charges topic charges.

    The set may be an older release's: the contract only grew since, so its lines can still be credited.

    Raises:
        UnreadableReleaseError: a newer release wrote it, with something this one does not know.
    """
    try:
        sent = _SENT_CHARGE_SET.validate_json(value)
    except ValidationError as unknown:
        raise UnreadableReleaseError(wrong="holds a charge set this release does not know") from unknown
    lines = sent.lines if sent.status == "final" else ()
    return ChargedRevision(sent.revision, lines, sent.charge_set_id, sent.replaces)


def replaced_by(value: bytes) -> str | None:
    """Return the id of the set that a set replaces, given its value on the charges topic; None where it is the first."""
    # In JSON a quote inside a text is escaped, and no part before has such a field: the first place is the set's own.
    begin = value.find(_REPLACES) + len(_REPLACES)
    return (
        None if value.startswith(b"null", begin) else value[begin + 1 : value.find(b'"', begin + 1)].decode()
    )


def line_changes(before: tuple[ChargeLine, ...], charge_set: ChargeSet) -> Iterator[LineChange]:
    """
    Yield what a set changes, given the lines charged before it: credits first, then charges, each in line order.

    A line that differs in any field but its expected payment is credited as it was and charged as it is. What it is
    expected to be paid is no part of what is billed: a new edition of rates restates it in the set, and moves no line.
    """
    now = charge_set.lines if charge_set.status == "final" else ()
    earlier, later = _billed_by_id(before), _billed_by_id(now)
    about = (charge_set.encounter_id, charge_set.charge_set_id, charge_set.revision)
    for line in before:
        if later.get(line.line_id) != _billed(line):
            yield LineChange(*about, "credit", line)
    for line in now:
        if earlier.get(line.line_id) != _billed(line):
            yield LineChange(*about, "charge", line)


def restated_cents(before: tuple[ChargeLine, ...], charge_set: ChargeSet) -> int:
    """Return by how much the expected payment of the lines moved that neither are credited nor charged, in US cents."""
    now = charge_set.lines if charge_set.status == "final" else ()
    later = {line.line_id: line for line in now}
    return sum(
        _cents(later[line.line_id]) - _cents(line)
        for line in before
        if line.line_id in later and _billed(later[line.line_id]) == _billed(line)
    )


def _cents(line: ChargeLine) -> int:
    return 0 if line.expected_payment is None else line.expected_payment.cents or 0


def _billed_by_id(lines: tuple[ChargeLine, ...]) -> Mapping[str, tuple[object, ...]]:
    return {line.line_id: _billed(line) for line in lines}


_billed: Final[Callable[[ChargeLine], tuple[object, ...]]] = attrgetter(
    *(field.name for field in fields(ChargeLine) if field.name != "expected_payment")
)
"""Returns all there is of a line but what it is expected to be paid."""


@lru_cache(maxsize=256)
def sent_change(value: bytes) -> Mapping[str, Any]:
    """Return the fields of a line change that we made; who sends a stay's changes and who counts them read each once."""
    change: dict[str, Any] = loads(value)
    return MappingProxyType(change)
