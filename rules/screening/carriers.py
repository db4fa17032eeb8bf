"""Fluid that carries a drug or keeps a line open, and so is no hydration (R-BUN-1, R-BUN-2)."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from models.charge import NotBilled
from models.encounter import Administration
from rules.formulary.routes import read_route
from rules.policy.resolve import Policy
from rules.policy.switches import switch
from rules.screening.classes import FLUSH, Classified, classify
from rules.worksheet.context import Context
from rules.worksheet.sheet import Worksheet

_RULE_BOOKS_CEILING: Final = int(switch("kvo_rate_ceiling").default)


def _is_fluid(charted: Administration, context: Context) -> bool:
    """Tell whether an administration is a fluid or a flush, and so no drug that a fluid could carry."""
    read = read_route(charted.route)
    result = classify(charted, read.route if read else None, context.sheet.policy, context.on)
    if isinstance(result, Classified):
        return result.family == "hydration"
    return isinstance(result, NotBilled) and result.rule == FLUSH.id


def carrier_orders(administrations: Sequence[Administration], context: Context) -> frozenset[str]:
    """
    Return the orders that hold a drug; a fluid under such an order is the drug's carrier, never hydration.

    ``administrations`` are one record each: what a pump tells of a fluid is no drug under the fluid's order.
    """
    if len(administrations) == 1:
        return frozenset()
    named = [charted.order_id for charted in administrations if charted.order_id is not None]
    if len(set(named)) == len(named):
        return frozenset()
    orders = {order: False for order, uses in Counter(named).items() if uses > 1}
    for charted in administrations:
        if charted.order_id in orders and not _is_fluid(charted, context):
            orders[charted.order_id] = True
    return frozenset(order for order, holds_drug in orders.items() if holds_drug)


def only_keeps_open(charted: Administration, policy: Policy) -> bool:
    """Tell whether a fluid never ran faster than keeps a line open (P-17)."""
    ceiling = policy.kvo_rate_ceiling
    if charted.rates:
        return all(rate <= ceiling for _, rate in charted.rates)
    return charted.rate_ml_per_h is not None and charted.rate_ml_per_h <= ceiling


def note_ceiling(charted: Administration, sheet: Worksheet) -> None:
    """Note a fluid at a rate the ceiling is about (P-17): up to the policy's, or up to the rule book's."""
    highest = max(sheet.policy.kvo_rate_ceiling, _RULE_BOOKS_CEILING)
    if charted.rates:
        about = any(0 < rate <= highest for _, rate in charted.rates)
    else:
        about = charted.rate_ml_per_h is not None and 0 < charted.rate_ml_per_h <= highest
    if about:
        sheet.decided_by("kvo_rate_ceiling", [charted.administration_id])
