"""Reads a hospital's price transparency file in CMS's JSON schema, versions 2 and 3, one item at a time. Pure."""

from collections.abc import Iterable, Mapping
from re import search
from typing import Any, Final

from rules.claim.charge_lines import RANK_ORDER
from streams.rates.hospital import MAJOR_VERSIONS, TYPES, Offer, take
from streams.rates.in_network import RatesFileError
from streams.rates.tally import Tally, month_of

_NAMES: Final = ("version", "last_updated_on")


def read(items: Iterable[Mapping[str, Any]], head: bytes, payer: str | None) -> Tally:
    """
    Return the negotiated amounts of our codes among the items of ``standard_charge_information``.

    Raises:
        RatesFileError: the schema is another one.

    """
    said = {name: search(rb'"' + name.encode() + rb'"\s*:\s*"([^"]*)"', head) for name in _NAMES}
    text = {name: match.group(1).decode("utf-8", "replace") if match else "" for name, match in said.items()}
    if not text["version"].removeprefix("v").startswith(MAJOR_VERSIONS):
        message = (
            f"is of version {text['version'][:20]!r} of CMS's hospital schema; versions 2 and 3 are read."
        )
        raise RatesFileError(message)
    tally, period = Tally(), month_of(text["last_updated_on"])
    for item in items:
        codes = {
            str(one.get("code"))
            for one in item.get("code_information") or ()
            if one.get("code") in RANK_ORDER and str(one.get("type")).upper() in TYPES
        }
        for code in sorted(codes):
            for charge in item.get("standard_charges") or ():
                _charge(code, charge, payer, period, tally)
    return tally


def _charge(code: str, charge: Mapping[str, Any], payer: str | None, period: str, tally: Tally) -> None:
    modifiers = charge.get("modifier_code") or charge.get("modifiers") or ""
    row = {"modifiers": str(modifiers or ""), "setting": str(charge.get("setting") or "")}
    for one in charge.get("payers_information") or ():
        offer = Offer(
            str(one.get("payer_name") or ""),
            str(one.get("plan_name") or ""),
            str(one.get("standard_charge_dollar") or ""),
            str(one.get("standard_charge_percentage") or ""),
            str(one.get("methodology") or ""),
            str(one.get("standard_charge_algorithm") or ""),
        )
        take(code, offer, row, payer, period, tally)
