"""The types of an event's fields: aware instants, opaque identifiers, bounded numbers, known words."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, GetPydanticSchema, WithJsonSchema
from pydantic_core import core_schema

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No service this product codes is older; an older instant comes from a broken clock."""

LATEST = datetime(2200, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=1024)
def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = "not an IANA time zone; write for example America/New_York"
        raise ValueError(message) from error
    return name


def _two_characters(modifier: str) -> str:
    if len(modifier) != 2 or not (modifier.isascii() and modifier.isalnum()):  # noqa: PLR2004 - by HCPCS' own rule
        message = "not a modifier; write two letters or digits, for example Q1"
        raise ValueError(message)
    return modifier


def _somebody(text: str) -> str:
    if not text.strip():
        message = "names nobody; write who decided, by an opaque id"
        raise ValueError(message)
    return text


def _instant_schema() -> core_schema.CoreSchema:
    # Left to itself the reader also takes "1772463600" for an instant; the contract asks for RFC 3339.
    instant = core_schema.datetime_schema(tz_constraint="aware", ge=EARLIEST, lt=LATEST, strict=False)
    written = core_schema.custom_error_schema(
        core_schema.str_schema(pattern=r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d"),
        custom_error_type="instant_text",
        custom_error_message="An instant is text: a date, a time of day and an offset",
    )
    return core_schema.json_or_python_schema(core_schema.chain_schema([written, instant]), instant)


Instant = Annotated[
    datetime,
    GetPydanticSchema(lambda _source, _handler: _instant_schema()),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Identifier = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Person = Annotated[Identifier, AfterValidator(_somebody)]
"""Whoever decided or entered something by hand, by an opaque id: never a name."""
Why = Annotated[str, Field(min_length=3, max_length=2000)]
Words = Annotated[str, Field(max_length=2000)]
Quantity = Annotated[Decimal, Field(ge=0, le=10_000_000, allow_inf_nan=False)]
Minutes = Annotated[int, Field(ge=0, le=525_600)]
TimeZone = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_known_zone)]

Setting = Literal["facility", "office", "professional_in_facility"]
DepartmentModifier = Literal["PO", "PN", "ER"]
Technique = Literal["infusion", "push", "injection", "on_body_injector", "prolonged_pump", "pca"]
Intent = Literal["treat", "hydrate", "kvo", "carrier", "flush", "procedure"]
StopReason = Literal["completed", "discontinued", "reaction", "kvo", "handed_over", "bag_removed"]
OrderStatus = Literal["signed", "unsigned", "none"]
ReviewDecision = Literal["accept", "no_code", "code", "attest", "dismiss"]
"""What a person may answer to a flag; which of them a flag admits stands in ``rules.flags``."""
SuppliedBy = Literal["hospital", "patient", "white_bag"]
"""Who bought the drug: the hospital, the patient, or a pharmacy that sent it for this patient (a white bag)."""
ChartedByRole = Literal["nurse", "pharmacist", "physician", "device"]
Modifier = Annotated[
    str, AfterValidator(_two_characters), WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9]{2}$"})
]
