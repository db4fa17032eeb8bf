"""
IHE PCD-01, ORU^R01 of an infusion pump: what it is doing, told every minute or when it changes.

A report is a state, no event: ``association`` makes a start and a stop of two reports that differ. Any other ORU^R01 is a
laboratory's or a monitor's, and ignored. Source: IHE PCD TF vol. 2, PCD-01.
"""

from streams.feeds.conversion import Conversion
from streams.feeds.facts import PumpAction
from streams.feeds.hl7v2.context import MessageContext, header_time
from streams.feeds.hl7v2.pump_events import event_time, tell, tell_refused
from streams.feeds.hl7v2.pump_rows import PumpRows
from streams.feeds.hl7v2.pump_words import INFUSING, STATUS, enumerated


def convert(context: MessageContext) -> Conversion:
    """Return what a report came to."""
    rows = PumpRows(context.message)
    if not rows.is_pump():
        return Conversion(ignored=f"{context.kind}: of no infusion pump", notes=tuple(context.notes))
    blocks = rows.reported()
    if not blocks:
        return Conversion(
            ignored=f"{context.kind}: a pump's settings, without its status", notes=tuple(context.notes)
        )
    if not header_time(context):
        return context.done()
    for block in blocks:
        row = rows.of(STATUS, block) or rows.of(INFUSING, block)
        at = event_time(context, row.obx if row is not None else None)
        if at is None:
            tell_refused(context, rows)
            break
        period_s = context.site.pumps.report_seconds or -1
        tell(context, rows, _action(rows, block), at, period_s, block=block)
    return context.done()


def _action(rows: PumpRows, block: tuple[str, ...]) -> PumpAction:
    delivering = rows.of(STATUS, block)
    if delivering is not None:
        word = enumerated(delivering.obx, "pump-delivery-status-")
        return "on" if word in {"delivering", "transitioning"} else "off"
    infusing = rows.of(INFUSING, block)
    return "on" if infusing is not None and enumerated(infusing.obx, "pump-status-") == "infusing" else "off"
