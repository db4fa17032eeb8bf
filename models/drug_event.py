"""What the pharmacy knows of a drug beside its giving: what was thrown away, and what was handed out."""

from typing import Literal

from models.drug import Drug
from models.fact import Fact
from models.field import Identifier, Quantity, Words


class DrugWasted(Fact):
    """
    Part of a container opened for one giving was thrown away; an amount of 0 says that nothing was.

    Several of one administration add up; one entered in error is voided.
    """

    type: Literal["drug_wasted"]
    administration_id: Identifier
    amount: Quantity
    unit: Identifier | None = None
    reason: Words | None = None


class DrugDispensed(Fact):
    """The pharmacy, a cabinet or another system handed out a drug for the stay, or charged it; it proves no giving."""

    type: Literal["drug_dispensed"]
    dispense_id: Identifier
    administration_id: Identifier | None = None
    order_id: Identifier | None = None
    drug: Drug
    dose: Quantity | None = None
    dose_unit: Identifier | None = None
