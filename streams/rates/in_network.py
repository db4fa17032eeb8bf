"""
Reads a Transparency-in-Coverage in-network file as a stream: our codes alone, provider references resolved. Pure.

Rates are kept by provider group (tax number), so that one group listed twice under a rate counts once. Addresses inside
are counted and never followed.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import blake2b
from json import JSONDecodeError, JSONDecoder
from re import Pattern, search
from re import compile as compiled
from typing import Any, Final

from orjson import JSONDecodeError as NotJsonError
from orjson import loads

from rules.catalogue.performers import places
from rules.claim.charge_lines import RANK_ORDER
from streams.rates.object_slices import GROUPS, RATES, Slice
from streams.rates.tally import Key, Tally, cents_of, month_of, payer_named

Group = int
"""A provider group's tax number, as eight bytes of its digest."""

_ALL_CODES: Final = "CSTM-00"
_TYPES: Final = frozenset({"CPT", "HCPCS"})
_OURS: Final[Pattern[bytes]] = compiled(
    rb'"billing_code"\s*:\s*"(?:' + b"|".join(code.encode() for code in RANK_ORDER) + rb'|CSTM-00|[^"]*\\)'
)
_MEANS_A_FEE: Final = frozenset({"negotiated", "fee schedule"})
_MAJOR_VERSIONS: Final = ("1.", "2.")
_HEAD: Final = ("reporting_entity_name", "version", "last_updated_on")


class RatesFileError(ValueError):
    """A file of rates cannot be taken: what is wrong and what to do."""


def read(objects: Iterable[Slice], on: str, payer: str | None) -> Tally:
    """
    Return the rates of our codes in the objects of a file, as ``object_slices`` yields them.

    ``on`` is the day as of which a rate has expired, written 2026-10-01; ``payer`` stands in place of the name in the
    file.

    Raises:
        RatesFileError: the schema is another one, or the file is no in-network file.

    """
    tally = Tally()
    groups: dict[object, tuple[Group, ...]] = {}
    waiting: list[bytes] = []
    head: dict[str, str] = {}
    last, seen = b"", 0
    for kind, data in objects:
        if not kind:
            head = {**_head(data), **head}
            continue
        seen += 1
        if kind == GROUPS:
            _take_group(data, groups, tally)
        elif not data:
            tally.leave_out("an object over 64 MB")
        elif kind == RATES and _OURS.search(data):
            if groups or b'"provider_references"' not in data:
                _take_rates(data, groups, on, tally)
            else:
                waiting.append(data)
        last = data
    if not seen:
        message = "holds no negotiated rates: no in-network file of the Transparency in Coverage schema, or none whole."
        raise RatesFileError(message)
    if last and not _closed(last):
        message = "breaks off before its end; fetch the whole file again."
        raise RatesFileError(message)
    head = {**_head(last), **head}
    _check_version(head, tally)
    for data in waiting:  # the references stood behind the rates, or in them
        _take_rates(data, groups, on, tally)
    name = payer or payer_named(head.get("reporting_entity_name", ""))
    period = month_of(head.get("last_updated_on", ""))
    tally.rates = {key._replace(payer=name, period=period): rates for key, rates in tally.rates.items()}
    return tally


def _take_rates(data: bytes, groups: Mapping[object, tuple[Group, ...]], on: str, tally: Tally) -> None:
    entry = _whole(data)
    for rate in _rates_of(entry, tally):
        _count(rate, Key("", entry["billing_code"], "", "", ""), groups, on, tally)


def _closed(data: bytes) -> bool:
    """Tell whether the last object is followed by the end of its array and of the document."""
    text = data.decode("utf-8", "replace").rstrip()
    try:
        _, end = JSONDecoder().raw_decode(text)
    except JSONDecodeError:
        return False
    return text[end:].lstrip().startswith("]") and text.endswith("}")


def _head(data: bytes) -> dict[str, str]:
    found = {name: search(rb'"' + name.encode() + rb'"\s*:\s*"([^"]*)"', data) for name in _HEAD}
    return {name: match.group(1).decode("utf-8", "replace") for name, match in found.items() if match}


def _check_version(head: Mapping[str, str], tally: Tally) -> None:
    version = head.get("version")
    if version is None:
        tally.remarks["a file that names no version of the schema"] += 1
    elif not version.removeprefix("v").startswith(_MAJOR_VERSIONS):
        message = f"is of version {version[:20]!r} of the schema; versions 1 and 2 are read."
        raise RatesFileError(message)


def _whole(data: bytes) -> dict[str, Any]:
    """Return the object a slice begins with; what follows it belongs to the document around it."""
    text = data.rstrip().removesuffix(b",")
    try:
        found = loads(text)
    except NotJsonError:
        try:
            found, _ = JSONDecoder().raw_decode(text.decode("utf-8", "replace"))
        except JSONDecodeError:
            found = None
    if not isinstance(found, dict):
        message = "breaks off or is damaged; fetch the whole file again."
        raise RatesFileError(message)
    return found


def _take_group(data: bytes, groups: dict[object, tuple[Group, ...]], tally: Tally) -> None:
    entry = _whole(data)
    if "provider_groups" not in entry:
        tally.remarks["a provider reference that is an address, not followed"] += "location" in entry
        return
    groups[entry["provider_group_id"]] = _tax_numbers(entry["provider_groups"], tally)


def _tax_numbers(listed: Any, tally: Tally) -> tuple[Group, ...]:
    found = [
        int.from_bytes(blake2b(str(one["tin"].get("value")).encode(), digest_size=8).digest())
        for one in listed
        if isinstance(one, dict) and isinstance(one.get("tin"), dict)
    ]
    once = tuple(dict.fromkeys(found))
    tally.remarks["a provider group listed twice, counted once"] += len(found) - len(once)
    return once


def _rates_of(entry: Mapping[str, Any], tally: Tally) -> list[Mapping[str, Any]]:
    """Return the rates of an object of ours; none, counted with the reason, for what is no fee of one code."""
    code, rates = entry.get("billing_code"), entry.get("negotiated_rates")
    listed: list[Mapping[str, Any]] = (
        [one for one in rates if isinstance(one, dict)] if isinstance(rates, list) else []
    )
    if code == _ALL_CODES:
        tally.leave_out("a rate of all codes of a type", len(listed))
    elif entry.get("negotiation_arrangement") != "ffs":
        if code in RANK_ORDER:
            tally.leave_out(f"a rate of a {entry.get('negotiation_arrangement')}", len(listed))
    elif code in RANK_ORDER and entry.get("billing_code_type") in _TYPES:
        return listed
    return []


def _count(
    rate: Mapping[str, Any], key: Key, groups: Mapping[object, tuple[Group, ...]], on: str, tally: Tally
) -> None:
    who: set[Group] = set(_tax_numbers(rate.get("provider_groups") or (), tally))
    for reference in rate.get("provider_references") or ():
        if reference in groups:
            named = groups[reference]
            tally.remarks["a provider group listed twice, counted once"] += len(who.intersection(named))
            who.update(named)
        else:
            tally.remarks["a provider reference that this file does not resolve"] += 1
    if not who:
        tally.leave_out("a rate of no provider group that the file resolves")
        return
    for price in rate.get("negotiated_prices") or ():
        if isinstance(price, dict) and (cents := _fee(price, on, tally)) is not None:
            setting = str(price.get("setting") or "not said").casefold()
            billed = str(price.get("billing_class") or "not said").casefold()
            tally.add(key._replace(setting=setting, billing_class=billed), cents, len(who))


def _in_facilities_alone(price: Mapping[str, Any]) -> bool:
    """Tell whether a professional is paid this in facilities alone, where nobody reports these codes (R-SET-2)."""
    said = price.get("service_code")
    if str(price.get("billing_class")).casefold() != "professional" or not isinstance(said, list) or not said:
        return False
    return not any(str(one) == _ALL_CODES or str(one) in _offices() for one in said)


@cache
def _offices() -> frozenset[str]:
    """Return the places of service at which Medicare pays the rate outside a facility."""
    return frozenset(row["code"] for row in places() if row["rate"] == "nonfacility")


def _fee(price: Mapping[str, Any], on: str, tally: Tally) -> int | None:
    kind = str(price.get("negotiated_type"))
    if kind not in _MEANS_A_FEE:
        tally.leave_out(f"a rate that is {kind}"[:60])
    elif any(str(one).strip() for one in price.get("billing_code_modifier") or ()):
        tally.leave_out("a rate of a code with modifiers")
    elif _in_facilities_alone(price):
        tally.leave_out("a professional rate of facilities' places of service alone")
    elif str(price.get("expiration_date") or "9999-12-31") < on:
        tally.leave_out("an expired rate")
    else:
        return cents_of(price.get("negotiated_rate"), tally)
    return None
