"""What the read model takes out of a charge set: only that is decoded, since a set is long and most of it is for its own page."""

from typing import Any, Final

from msgspec import Struct
from msgspec.json import Decoder


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
        return cents if isinstance(cents, int) else 0

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


DECODER: Final = Decoder(SetSaid)
"""Reads one; raises msgspec.DecodeError on what is none."""
