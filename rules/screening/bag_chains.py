"""
Bags of one continuous order, each charted as an administration of its own and stopped nowhere but at the last.

The next bag's start is then the stop of the one before (R-DOC-6). Doses given apart under one order, such as an
antibiotic every six hours, are no chain: without a stop each of them waits for its own (R-DOC-2).
"""

import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise

from models.encounter import Administration, Flow
from rules.data_files import CONTINUOUS_DRUGS
from rules.rule import Rule
from rules.screening.missing_stops import constant_rate
from rules.screening.substances import substance_of
from rules.worksheet.context import Context

CONTINUOUS = Rule(
    "R-DOC-6",
    "Bags of a continuous order chain: the next bag's start is the stop of the one before, only the last needs one.",
    ("RCA-CONT",),
    "C",
)

RULES = (CONTINUOUS,)


@cache
def _drips() -> frozenset[str]:
    """Return the ingredients that are given as drips running on from bag to bag."""
    return frozenset(tomllib.loads(CONTINUOUS_DRUGS.read_text("utf-8"))["ingredients"])


def _open_at(charted: Administration) -> int | None:
    """Return when a bag that nobody stopped began to flow for the last time; None for any other."""
    if charted.technique != "infusion":
        return None
    flows = charted.flows or charted.pump_flows
    if not flows or flows[-1].stop is not None:
        return None
    pump = charted.pump_flows[-1].stop if charted.pump_flows else None
    return None if pump is not None and pump > flows[-1].start else flows[-1].start


def _lasted(bag: Administration, until: int, tolerance_percent: int) -> bool:
    """Tell whether a bag's volume at its rate lasts until the next was hung."""
    rate = constant_rate(bag)
    since = _open_at(bag)
    if not rate or not bag.volume_ml or since is None:
        return False
    off = abs(rate * (until - since) / 3600 - bag.volume_ml) * 100
    return off <= tolerance_percent * bag.volume_ml


def _continuous(bag: Administration, after: Administration, drug: str, context: Context) -> bool:
    """
    Tell whether the second bag carries the first one on.

    It does under one dose id; under one order where the drug is one that drips, where the rate was titrated, where
    bags were changed, or where the volume lasted until then.
    """
    if bag.dose_id is not None and bag.dose_id == after.dose_id:
        return True
    if bag.order_id is None or bag.order_id != after.order_id or after.given_at is None:
        return False
    return (
        drug in _drips()
        or len({rate for _, rate in bag.rates}) > 1
        or bool(bag.bag_changes)
        or _lasted(bag, after.given_at, context.limits.volume_tolerance_percent)
    )


def _stopped(bag: Administration, until: int) -> Administration:
    if bag.flows:
        return bag._replace(flows=(*bag.flows[:-1], Flow(bag.flows[-1].start, until)))
    return bag._replace(pump_flows=(*bag.pump_flows[:-1], Flow(bag.pump_flows[-1].start, until)))


def _chained(bags: Iterable[tuple[Administration, str]], context: Context) -> dict[str, Administration]:
    """Return the bags of one drug at one site that end where the next one of their chain begins, by id."""
    ended: dict[str, Administration] = {}
    ordered = sorted(bags, key=lambda item: (item[0].given_at or 0, item[0].administration_id))
    for (bag, drug), (after, _) in pairwise(ordered):
        since, until = _open_at(bag), after.given_at
        if (
            since is not None
            and until is not None
            and since < until
            and _continuous(bag, after, drug, context)
        ):
            ended[bag.administration_id] = _stopped(bag, until)
    return ended


def with_chained_bags(
    administrations: Sequence[Administration], context: Context
) -> Sequence[Administration]:
    """Return the administrations, each bag that nobody stopped ended where the next of its chain begins."""
    for one in administrations:
        flows = one.flows or one.pump_flows
        if flows and flows[-1].stop is None:
            break
    else:
        return administrations
    together: dict[object, list[tuple[Administration, str]]] = {}
    for one in administrations:
        drug = substance_of(one, context.on) if one.technique == "infusion" else None
        if drug is not None:
            for shared in {("dose", one.dose_id), ("order", one.order_id)}:
                if shared[1] is not None:
                    together.setdefault((shared, drug, one.site_id), []).append((one, drug))
    ended: dict[str, Administration] = {}
    for _, bags in sorted(together.items(), key=lambda item: str(item[0])):
        for name, bag in _chained(bags, context).items():
            earlier = ended.get(name)
            if earlier is None or _end(bag) < _end(earlier):
                ended[name] = bag
    return [ended.get(one.administration_id, one) for one in administrations]


def _end(bag: Administration) -> int:
    return (bag.flows or bag.pump_flows)[-1].stop or 0
