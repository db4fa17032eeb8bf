"""
What was thrown away of a drug, and the modifier of its line: JW, JZ and TB (R-MOD-9, R-MOD-10).

Only for a drug that is paid apart, of a container for one dose whose size is known, and never for more than was charted:
given and wasted together never pass what the containers held, and what rounding covers is no waste a second time. Where
one of these is not known the line has neither and says why.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from tomllib import load
from typing import Final, NamedTuple

from models.charge import Flag, Reason
from models.encounter import Waste
from rules.coding.modifiers import DISCOUNTED, WASTE
from rules.data_files import DRUGS
from rules.drug_lines.containers import Container, Unknown, container_of
from rules.drug_lines.conversion import Given, Missing, billing_units, in_kind
from rules.drug_lines.ingredients import Ingredient
from rules.drug_lines.opps_status import MEANS, status_on
from rules.drug_lines.quantities import OWN_UNIT, plain
from rules.drug_lines.unit_table import BillingUnit
from rules.flags import FLAGS
from rules.sources import cite

_FILE: Final = DRUGS / "waste.toml"
_WHOLE: Final = frozenset({"vial", "dose"})


class Told(NamedTuple):
    """Whole billing units thrown away, the modifiers of those given, why, and what a person is asked."""

    waste_units: int | None = None
    modifiers: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    flags: tuple[Flag, ...] = ()
    always: bool = False
    """Whether it is told where no waste is charted, too."""


@cache
def _since() -> dict[str, tuple[date, str]]:
    with _FILE.open("rb") as file:
        return {name: (entry["from"], entry["cite"]) for name, entry in load(file).items()}


def first_days() -> Iterator[date]:
    """Yield the days from which JW, JZ and TB are reported."""
    yield from (since for since, _ in _since().values())


def asked_for(modifier: str, on: date) -> bool:
    """Tell whether a modifier, JW, JZ or TB, is reported on a date of service."""
    return on >= _since()[modifier][0]


class Payer(NamedTuple):
    """Who pays for a stay, as far as its drugs ask: a hospital's outpatient claim or none, and Medicare or another."""

    facility: bool
    medicare: bool


def told_of(
    payer: Payer, charted: tuple[Waste, ...], drug: Ingredient, unit: BillingUnit, units: int, on: date, *, alone: bool
) -> Told:  # fmt: skip
    """
    Return the waste and the modifiers of one drug that has its units; its flags name no administration yet.

    ``alone`` says that the drug is the only one of its administration: what is thrown away of a mixed bag is nobody's.
    """
    why = _not_asked(payer, unit, on)
    if why is not None:
        return why if charted or why.always else Told()
    container = container_of(unit, drug.code if drug.system == "ndc" else None, on)
    if isinstance(container, Unknown):
        return _neither(container.says)
    if not container.single_dose:
        told = _neither("its container holds several doses", container)
    elif container.size is None:
        told = _neither("no table says how much its container holds", container)
    else:
        told = _of_single_dose(charted, drug, unit, units, container, on, alone=alone)
    return _with_tb(payer, container, told, on)


def _not_asked(payer: Payer, unit: BillingUnit, on: date) -> Told | None:
    """Return why the line of a code takes no such modifier, whatever its container; None where it may take one."""
    if unit.kind is None or unit.amount is None or unit.kind in _WHOLE:
        return _neither("the code counts whole ones, not an amount")
    if not asked_for("JW", on):
        return _neither("JW and JZ came later than the date of service")
    if not payer.facility:
        return None
    status = status_on(unit.code, on)
    if status is None:
        return _neither("whether the code is paid apart in its quarter was not read")._replace(always=True)
    if MEANS[status.indicator][0] != "paid":
        return _neither(f"the code is not paid apart (OPPS status {status.indicator})")
    return None


def _neither(why: str, container: Container | None = None) -> Told:
    return Told(reasons=(_cited(WASTE.because(f"Neither JW nor JZ: {why}."), container),))


def _cited(reason: Reason, container: Container | None) -> Reason:
    """Return a reason with what says how much the container holds, beside the rule's own sources."""
    if container is None or (container.cite is None and not container.said_by):
        return reason
    said = container.said_by if container.cite is None else cite(container.cite)
    return Reason(reason.rule, reason.says, tuple(dict.fromkeys((*reason.cites, said))))


class _Opened(NamedTuple):
    """What was opened for a dose, as few containers as hold it: all in the kind of the code's unit, named ``own``."""

    given: Decimal
    held: Decimal
    own: str
    words: str


def _of_single_dose(
    charted: tuple[Waste, ...], drug: Ingredient, unit: BillingUnit, units: int, container: Container, on: date, *, alone: bool
) -> Told:  # fmt: skip
    dose = in_kind(drug.given, unit.kind) if unit.kind is not None else None
    if (
        dose is None
        or isinstance(dose, Missing)
        or unit.kind is None
        or unit.amount is None
        or not container.size
    ):
        return Told()
    own, size = OWN_UNIT[unit.kind], container.size
    wasted = _amount(charted, drug, unit) if alone or not charted else _OF_NOBODY
    if isinstance(wasted, Missing):
        return _asking(f"{drug.name} ({unit.code}): {wasted.says}. Supply {wasted.supply}.", unit.code)
    count = billing_units(dose.amount.value, size)
    words = f"{count} container{'s' if count > 1 else ''} of {plain(size)} {own}"
    opened = _Opened(dose.amount.value, count * size, own, words)
    wrong = _wrong(opened, wasted, _whole(opened.held, unit.amount) - units)
    if wrong:
        return _asking(f"{drug.name} ({unit.code}): {wrong}", unit.code)
    thrown = max(_whole(opened.given + wasted, unit.amount) - units, 0) if wasted else 0
    says, modifiers = _in_words(opened, wasted, thrown, units, on)
    return Told(thrown or None, modifiers, (_cited(WASTE.because(says), container),))


_OF_NOBODY: Final = Missing(
    "waste of a bag of several drugs is charted, and not of which", "the waste of each drug given by itself"
)


def _wrong(opened: _Opened, wasted: Decimal | None, left_units: int) -> str | None:
    """Return what is wrong with the waste of what was opened, or missing of it; None where all is accounted for."""
    given, held, own, words = opened
    if wasted is not None and given + wasted > held:
        return (
            f"{plain(given)} {own} given and {plain(wasted)} {own} wasted are more than the {plain(held)} {own} of {words}."
            " Supply the amount that was thrown away, or the package that was opened."
        )
    if wasted is None and left_units > 0:
        return (
            f"{plain(given)} {own} of {words} leave {plain(held - given)} {own}, and no waste is charted. Supply what was"
            " thrown away; 0 where nothing was."
        )
    return None


def _in_words(
    opened: _Opened, wasted: Decimal | None, thrown: int, units: int, on: date
) -> tuple[str, tuple[str, ...]]:
    """Return the arithmetic of a line whose waste is accounted for, and the modifiers of what was given."""
    given, held, own, words = opened
    if thrown:
        says = f"{plain(given)} {own} given and {plain(wasted or Decimal(0))} {own} wasted of {words}: {thrown} whole units beside the {units} given, on a line with JW."
        return says, ()
    rest = "nothing is left" if held == given else "the rest is less than a unit, which rounding covers"
    if wasted == 0 and held > given:
        rest = "none was thrown away"
    if not asked_for("JZ", on):
        return f"{plain(given)} {own} of {words}: {rest}; JZ came later than the date of service.", ()
    return f"{plain(given)} {own} of {words}: {rest}, so JZ.", ("JZ",)


def _whole(value: Decimal, unit_amount: Decimal) -> int:
    """Return how many whole billing units an amount holds; a part of one is none."""
    return int(value // unit_amount)


def _amount(charted: tuple[Waste, ...], drug: Ingredient, unit: BillingUnit) -> Decimal | Missing | None:
    """Return what was thrown away in the kind of the code's unit; None where nobody charted any."""
    if not charted or unit.kind is None:
        return None
    total = Decimal(0)
    for one in charted:
        if not one.amount:
            continue
        found = in_kind(Given(one.amount, one.unit, drug.given.strength), unit.kind)
        if isinstance(found, Missing):
            return Missing(
                f"the waste cannot be counted: {found.says}", f"the waste in {OWN_UNIT[unit.kind]}"
            )
        total += found.amount.value
    return total


def _asking(says: str, code: str) -> Told:
    return Told(reasons=(WASTE.because(says),), flags=(FLAGS["F-DRUG_WASTE"].on((), says, code=code),))


def _with_tb(payer: Payer, container: Container, told: Told, on: date) -> Told:
    """Return the same with TB where the site bought the container under 340B and Medicare pays."""
    if not container.discounted:
        return told
    if not payer.medicare:
        reason = DISCOUNTED.because("Bought under 340B; TB is Medicare's and the payer is another.")
    elif not asked_for("TB", on):
        reason = DISCOUNTED.because(
            "Bought under 340B; before 2025 the kind of hospital decides between JG and TB."
        )
    else:
        reason = DISCOUNTED.because("The site's table says that the container was bought under 340B, so TB.")
        told = told._replace(modifiers=(*told.modifiers, "TB"))
    return told._replace(reasons=(*told.reasons, _cited(reason, container)))


def apart(administration_id: str) -> Reason:
    """Return why waste of a giving that is not in the stay earns no line."""
    return WASTE.because(
        f"Waste is charted of {administration_id}, which is not among the givings of the stay: no source read says that what"
        " was prepared and never given may be billed."
    )
