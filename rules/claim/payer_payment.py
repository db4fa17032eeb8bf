"""
What a site's contract with a payer pays for a line, or else where the payer's published rates lie.

A contract is the site's own word. A published rate is the median of what the payer has agreed with others: an expectation.
Both are there only where the site brings them, and decide no code.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from models.charge import ExpectedPayment
from rules.claim.payment import PricedLine
from rules.policy.payer_identity import listed_names, paying_names
from rules.site_folder import cached_by_site
from rules.tables.money import ContractRate, PublishedRate, contract, has, published
from rules.tables.table_columns import EVERY_CODE

_CLASS: Final[Mapping[str, str]] = {"facility": "institutional", "office": "professional"}
"""The class of claim that each setting's charges go out on."""

_NEAREST: Final = ("outpatient", "both", "not said")
"""Settings and classes of a published rate that fit, the best first: the claim's own, both, and one that says none."""


@cached_by_site(maxsize=65536)
def payer_payment(
    line: PricedLine, setting: str, payer: str | None, schedule: ExpectedPayment | None
) -> ExpectedPayment | None:
    """
    Return what the contract or else the published rates of a payer come to; None where the site has neither.

    A contract may pay a percent of ``schedule``, what the schedule of the setting comes to for the line.
    """
    if payer is None or setting not in _CLASS:
        return None
    for name in paying_names(payer) if has("contract") else ():
        for code in (line.code, EVERY_CODE):
            agreed = _agreed(line.on).get((name, code, setting))
            found = None if agreed is None else _by_contract(agreed, line, schedule)
            if found is not None:
                return found
    for name in paying_names(payer):
        rate = _benchmark(line.on).get((name, line.code, setting)) if has("rates") else None
        if rate is not None:
            about = f"{rate.billing_class}, {rate.setting}, {rate.period}"
            many = (
                "its one published rate"
                if rate.observed == 1
                else f"the median of {rate.observed} published rates"
            )
            return ExpectedPayment(
                f"rates {rate.effective.isoformat()}", "", None, "paid", rate.p50, rate.p50 * line.units,
                f"{rate.payer}: {many} ({about}).", "benchmark",
            )  # fmt: skip
    return None


def _by_contract(
    agreed: ContractRate, line: PricedLine, schedule: ExpectedPayment | None
) -> ExpectedPayment | None:
    read_from, note = f"contract {agreed.effective.isoformat()}", f"The site's contract with {agreed.payer}"
    if agreed.cents is not None:
        return ExpectedPayment(
            read_from, "", None, "paid", agreed.cents, agreed.cents * line.units, f"{note}.", "contract"
        )
    if schedule is None or agreed.percent is None:
        return None
    return replace(
        schedule,
        schedule=read_from,
        unit_cents=_part(schedule.unit_cents, agreed.percent),
        cents=_part(schedule.cents, agreed.percent),
        note=f"{note}: {agreed.percent} percent of {schedule.schedule}. {schedule.note}",
        basis="contract",
    )


def _part(cents: int | None, percent: Decimal) -> int | None:
    return None if cents is None else int((cents * percent / 100).quantize(Decimal(1), ROUND_HALF_UP))


@cached_by_site(maxsize=256)
def _agreed(on: date) -> Mapping[tuple[str, str, str], ContractRate]:
    return {
        (name, one.code, one.setting): one for one in contract(on) for name in sorted(listed_names(one.payer))
    }


@cached_by_site(maxsize=256)
def _benchmark(on: date) -> Mapping[tuple[str, str, str], PublishedRate]:
    fitting: dict[tuple[str, str, str], list[PublishedRate]] = {}
    for one in published(on):
        for setting in _CLASS:
            if _fits(one, setting):
                for name in sorted(listed_names(one.payer)):
                    fitting.setdefault((name, one.code, setting), []).append(one)
    return {key: _best(found, key[2]) for key, found in fitting.items()}


def _fits(rate: PublishedRate, setting: str) -> bool:
    return rate.setting in _NEAREST and rate.billing_class in {_CLASS[setting], *_NEAREST[1:]}


def _best(rates: Iterable[PublishedRate], setting: str) -> PublishedRate:
    """Return the newest of the rates that fit best."""
    classes = (_CLASS[setting], *_NEAREST[1:])
    ordered = sorted(rates, key=lambda one: (one.period, one.observed), reverse=True)
    return min(ordered, key=lambda one: (classes.index(one.billing_class), _NEAREST.index(one.setting)))
