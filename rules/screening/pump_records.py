"""
Pump records that belong to a nurse's: two administrations in the feed, one at the bedside (R-DOC-7).

They are one when they share an order or a dose, the drug, and the time. The nurse's record then holds both and the
difference is judged like that of one administration told by two sources.
"""

from collections.abc import Sequence
from typing import Final

from models.encounter import Administration, Flow
from rules.formulary.routes import read_route
from rules.screening.documentation import NURSE_BILLS
from rules.screening.substances import substance_of
from rules.worksheet.context import Context

_A_MINUTE: Final = 60
_FLOWING = frozenset({"infusion", "pca"})


def _same_order(nurse: Administration, pump: Administration) -> bool:
    return (nurse.order_id is not None and nurse.order_id == pump.order_id) or (
        nurse.dose_id is not None and nurse.dose_id == pump.dose_id
    )


def _same_drug(nurse: Administration, pump: Administration, context: Context) -> bool:
    drug = substance_of(nurse, context.on)
    if drug is None or drug != substance_of(pump, context.on):
        return False
    if pump.route is None or nurse.route is None:
        return True
    by_pump, by_nurse = read_route(pump.route), read_route(nurse.route)
    return by_pump is None or by_nurse is None or by_pump.route == by_nurse.route


def _apart(nurse: Sequence[Flow], pump: Sequence[Flow]) -> int:
    """Return the seconds between two records, 0 or less where they overlap; an open end lasts no longer than is known."""
    (first, last), (begin, end) = (
        (flows[0].start, max(flow.start if flow.stop is None else flow.stop for flow in flows))
        for flows in (nurse, pump)
    )
    return max(begin - last, first - end)


def _matches(
    pump: Administration, charted: Sequence[Administration], context: Context
) -> list[Administration]:
    """Return the nurse's records a pump's belongs to: those it overlaps, else the nearest within reach (P-07)."""
    reach = context.sheet.policy.merge_gap_inside_one_dose_without_id
    near = sorted(
        (max(0, _apart(nurse.flows, pump.pump_flows)), nurse.flows[0].start, nurse.administration_id, nurse)
        for nurse in charted
        if _same_order(nurse, pump)
        and _apart(nurse.flows, pump.pump_flows) // 60 <= reach
        and _same_drug(nurse, pump, context)
    )
    if not near:
        return []
    overlapping = [match for match in near if not match[0]]
    return [match[-1] for match in overlapping or near[:1]]


def _pieces(flows: Sequence[Flow], starts: Sequence[int]) -> list[tuple[Flow, ...]]:
    """Return a pump's flow cut where the next of the nurse's records begins, one piece for each of them."""
    cuts = [*starts[1:], None]
    pieces: list[tuple[Flow, ...]] = []
    since: int | None = None
    for until in cuts:
        kept = []
        for start, stop in flows:
            first = start if since is None else max(start, since)
            last = stop if until is None else until if stop is None else min(stop, until)
            if (until is None or first < until) and (last is None or first < last):
                kept.append(Flow(first, last))
        pieces.append(tuple(kept))
        since = until
    return pieces


def _with_pump(nurse: Administration, pump: Administration, flows: tuple[Flow, ...]) -> Administration:
    """Return the nurse's record with what the pump adds to it."""
    seen = [at for at in (nurse.last_seen_at, pump.last_seen_at) if at is not None]
    return nurse._replace(
        pump_flows=tuple(sorted({*nurse.pump_flows, *flows}, key=lambda flow: flow.start)),
        rates=nurse.rates or pump.rates,
        bag_changes=nurse.bag_changes or pump.bag_changes,
        stop_reason=nurse.stop_reason or pump.stop_reason,
        device_id=nurse.device_id or pump.device_id,
        touched=tuple(sorted({*nurse.touched, *pump.touched})),
        last_seen_at=max(seen, default=None),
    )


def with_pump_records(
    administrations: Sequence[Administration], context: Context
) -> Sequence[Administration]:
    """Return the administrations, pump records joined to the nurse's they belong to; the sheet says which were."""
    pumped = [
        one for one in administrations if one.pump_flows and not one.flows and one.technique in _FLOWING
    ]
    if not pumped:
        return administrations
    flowing = [one for one in administrations if one.technique in _FLOWING]
    charted = {one.administration_id: one for one in flowing if one.flows}
    if not charted:
        return administrations
    joined: set[str] = set()
    for pump in pumped:
        matches = _matches(pump, list(charted.values()), context)
        if not matches:
            continue
        joined.add(pump.administration_id)
        ids = ", ".join(nurse.administration_id for nurse in matches)
        if _apart(matches[0].flows, pump.pump_flows) >= _A_MINUTE:
            context.sheet.decided_by("merge_gap_inside_one_dose_without_id", [pump.administration_id])
        says = f"The pump's record of {ids}: one administration, billed as the nurse charted it."
        context.sheet.refused.append(NURSE_BILLS.refuses(pump.administration_id, says))
        starts = [nurse.flows[0].start for nurse in matches]
        for nurse, flows in zip(matches, _pieces(pump.pump_flows, starts), strict=True):
            now = charted[nurse.administration_id]
            charted[nurse.administration_id] = _with_pump(now, pump, flows)
    return [
        charted.get(one.administration_id, one)
        for one in administrations
        if one.administration_id not in joined
    ]
