"""The lines that a sent charge set charges, and the credits and charges that another set makes of them. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter, ValidationError

from models.charge import ChargeLine, ChargeSet, Status
from models.line_change import LineChange
from streams.charging.release_state import UnreadableReleaseError


@dataclass(frozen=True)
class _SentChargeSet:
    """The fields of a charge set that crediting it needs; others, which a release may have added, are passed over."""

    charge_set_id: str
    revision: int
    replaces: str | None
    status: Status
    lines: tuple[ChargeLine, ...]


_SENT_CHARGE_SET: Final[TypeAdapter[_SentChargeSet]] = TypeAdapter(_SentChargeSet)


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


def line_changes(before: tuple[ChargeLine, ...], charge_set: ChargeSet) -> Iterator[LineChange]:
    """
    Yield what a set changes, given the lines charged before it: credits first, then charges, each in line order.

    A line that differs in any field is credited as it was and charged as it is.
    """
    now = charge_set.lines if charge_set.status == "final" else ()
    earlier, later = _by_id(before), _by_id(now)
    about = (charge_set.encounter_id, charge_set.charge_set_id, charge_set.revision)
    for line in before:
        if later.get(line.line_id) != line:
            yield LineChange(*about, "credit", line)
    for line in now:
        if earlier.get(line.line_id) != line:
            yield LineChange(*about, "charge", line)


def _by_id(lines: tuple[ChargeLine, ...]) -> Mapping[str, ChargeLine]:
    return {line.line_id: line for line in lines}
