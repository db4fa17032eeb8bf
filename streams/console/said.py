"""What the read model takes out of a record: only that is decoded, since most of a record is for the page of its own."""

from typing import Any, Final, TypeGuard

from msgspec import UNSET, Struct
from msgspec.json import Decoder

_MOST: Final = 10**15
"""Of a count or an amount: what is more is nobody's, and together they fit what a database counts by."""


def counted(number: Any) -> TypeGuard[int]:
    """Tell whether something is a whole number that can be kept and added up."""
    return isinstance(number, int) and -_MOST <= number <= _MOST


class Payment(Struct, gc=False):
    """What a line is expected to be paid."""

    cents: Any = None


class Line(Struct, gc=False):
    """One line, as far as a list of stays shows it."""

    code: str
    service_date: str
    units: int = 1
    modifiers: tuple[str, ...] = ()
    expected_payment: Payment | None = None

    @property
    def cents(self) -> int:
        """Expected payment in US cents; 0 where nobody knows."""
        cents = self.expected_payment.cents if self.expected_payment is not None else None
        return cents if counted(cents) else 0

    @property
    def text(self) -> str:
        """The code as a person writes it: 96367-59 x2."""
        if self.units == 1 and not self.modifiers:
            return self.code
        text = "-".join((self.code, *self.modifiers))
        return text if self.units == 1 else f"{text} \N{MULTIPLICATION SIGN}{self.units}"


class Flag(Struct, gc=False):
    """One flag."""

    flag: str
    severity: str


class SetSaid(Struct, gc=False):
    """One charge set."""

    revision: int
    status: str
    lines: list[Line]
    flags: list[Flag]
    setting: str | None = None
    payer: str | None = None
    facility: str | None = None


class ChangeSaid(Struct, gc=False):
    """One line charged or credited."""

    revision: int
    change: str
    line: Line


class Question(Struct, gc=False):
    """One flag of a review item, with what the queue shows of it."""

    flag: str
    severity: str
    administration_ids: tuple[str, ...]
    says: str
    suggestion: str


class Worth(Struct, gc=False):
    """One answer, as far as it tells what a question is worth."""

    flag: str
    administration_ids: tuple[str, ...]
    cents: int


class ItemSaid(Struct, gc=False):
    """One review item."""

    revision: int
    status: str
    flags: list[Question]
    answers: list[Worth] = []


class Departure(Struct, gc=False):
    """When a patient left; None where nobody knows."""

    departed_at: str | None = None


class ClosedSaid(Struct, gc=False):
    """One closed stay."""

    encounter: Departure


class EventSaid(Struct, gc=False):
    """One event as its sender wrote it; what a sender may leave out is empty."""

    encounter_id: str
    event_id: str = ""
    type: str = ""
    occurred_at: str = ""
    source: str | None = None
    decided_by: Any = UNSET


SET: Final = Decoder(SetSaid)
CHANGE: Final = Decoder(ChangeSaid)
ITEM: Final = Decoder(ItemSaid)
CLOSED: Final = Decoder(ClosedSaid)
EVENT: Final = Decoder(EventSaid)
"""Each reads one value; raises ValueError or RecursionError on what is none."""
