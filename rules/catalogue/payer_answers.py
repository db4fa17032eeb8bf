"""
What differs by payer for a code: the shipped profiles side by side on every switch that can decide it. For readers.

Computed from the policies in force; ``parameters/catalogue/decides.toml`` says which families a switch can decide, and
``payer_notes.csv`` what was read of a payer and is no answer of its profile, with why.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from tomllib import load
from types import MappingProxyType
from typing import Final, NamedTuple

from rules.catalogue.code_history import covers
from rules.catalogue.codes import Code, code_on, codes
from rules.catalogue.fact_rows import Row, rows
from rules.data_files import CATALOGUE
from rules.parameter import NotInForceError
from rules.policy.layer_files import Dated, shipped_layers
from rules.policy.resolve import Policy, policy_for
from rules.policy.site_layers import site_layers
from rules.policy.switches import SWITCHES, Switch
from rules.site_folder import site_in_force

PAYERS: Final = ("medicare", "aetna", "bcbs", "cigna", "unitedhealthcare")
"""The payers with a profile, as their policy files name them."""

PAYMENT: Final = "payment"
"""What stands in ``payer_notes.csv`` for a note on money in place of a switch."""

NOT_ASKED: Final = "not asked"
"""The answer to a switch that is asked of Medicare alone."""

_OF_MEDICARE: Final = frozenset({"sad"})
_EVERY: Final = "every"


class PayerAnswer(NamedTuple):
    """A payer's answer on a date: the value, the layer that gave it, since when and by which source."""

    value: str
    layer: str
    since: date | None
    cite: str
    own: bool
    """Whether the payer's own profile says it; else it says nothing and the global layer stands."""


class Compared(NamedTuple):
    """One switch with the answer of each payer."""

    switch: Switch
    answers: Mapping[str, PayerAnswer]

    @property
    def answered(self) -> bool:
        """Tell whether a profile answers it itself."""
        return any(answer.own for answer in self.answers.values())

    @property
    def differs(self) -> bool:
        """Tell whether two payers answer differently."""
        return len({answer.value for answer in self.answers.values()}) > 1


@cache
def decided_codes() -> Mapping[str, tuple[str, ...]]:
    """Return the families or codes that each switch can decide, by its key."""
    with (CATALOGUE / "decides.toml").open("rb") as file:
        return MappingProxyType({key: tuple(names) for key, names in load(file).items()})


def compared(code: str, setting: str, on: date) -> tuple[Compared, ...]:
    """Return every switch that can decide a code, payer by payer; nothing for a code that is not charged on the date."""
    known = code_on(code, on)
    if known is None:
        return ()
    try:
        policies = {payer: policy_for(setting, None, None, None, on, payer) for payer in PAYERS}
    except NotInForceError:
        return ()
    return tuple(
        Compared(one, {payer: _answer(one, policy, on) for payer, policy in policies.items()})
        for one in SWITCHES
        if one.key != "setting" and _decides(one.key, known)
    )


def notes(code: str, on: date) -> tuple[Row, ...]:
    """Return what was read of the payers on this code's switches and is no answer of their profiles."""
    known = code_on(code, on)
    if known is None:
        return ()
    return tuple(
        row
        for row in rows("payer_notes")
        if (
            any(covers(part, code) for part in row["codes"].split())
            if row["codes"]
            else _decides(row["switch"], known)
        )
    )


def problems() -> Iterator[str]:
    """Yield each switch that ``decides.toml`` lacks or does not know, and each family or payer that is none."""
    known = {one.key for one in SWITCHES}
    names = {_EVERY} | {name for code in codes() for name in (code.code, code.family)}
    for key in sorted(known ^ set(decided_codes())):
        yield f"decides.toml: {key} {'is missing; say which families it decides' if key in known else 'is no switch; take it out'}."
    for key, listed in decided_codes().items():
        yield from (
            f"decides.toml {key}: {name!r} is no family and no code." for name in listed if name not in names
        )
    for row in rows("payer_notes"):
        if row["payer"] not in PAYERS:
            yield f"payer_notes.csv: {row['payer']!r} has no profile; name one of {', '.join(PAYERS)}."
        if row["switch"] not in known | {PAYMENT}:
            yield f"payer_notes.csv {row['payer']}: {row['switch']!r} is no switch; name one, or {PAYMENT}."


def _decides(key: str, code: Code) -> bool:
    return bool({_EVERY, code.family, code.code} & set(decided_codes().get(key, ())))


def _answer(one: Switch, of_payer: Policy, on: date) -> PayerAnswer:
    if one.key in _OF_MEDICARE and not of_payer.medicare:
        return PayerAnswer(NOT_ASKED, "no layer", None, "HOUSE", own=False)
    origin = of_payer.origin(one.key)
    told = _told(origin.layer, one.key, of_payer.setting, on)
    since = None if told is None else told.since
    return PayerAnswer(
        str(of_payer.value(one.key)), origin.layer, since, origin.cite, origin.layer.startswith("payer ")
    )


def _told(label: str, key: str, setting: str, on: date) -> Dated | None:
    site = site_in_force()
    layers = (*shipped_layers(), *(() if site is None else site_layers(site)))
    layer = next((one for one in reversed(layers) if one.label == label), None)
    return None if layer is None else layer.answer(key, setting, on)
