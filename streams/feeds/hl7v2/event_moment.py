"""When what an ADT message tells happened, and when it was recorded: EVN-6, EVN-2 and MSH-7."""

from streams.feeds.hl7v2.context import MessageContext, header_time
from streams.feeds.hl7v2.times import TimeFault, WireTime, read_time


def event_time(context: MessageContext) -> WireTime | None:
    """
    Return when what an ADT message tells happened; None where that is refused, which then has been said.

    EVN-2 is when it was recorded, which decides which of two words stands.
    """
    if not header_time(context):
        return None
    event = context.message.first("EVN")
    for field in (2, 6):
        if not event.raw(field):
            continue
        read = read_time(event.text(field), context.zone, later=field == 2)  # noqa: PLR2004 - EVN-2 only orders
        if isinstance(read, WireTime):
            if field == 2:  # noqa: PLR2004 - EVN-2
                context.recorded_at = read.text
        elif read.kind in {"format", "ambiguous"}:
            context.refuse_time(f"EVN-{field}", read)
            return None
        else:
            context.note(f"EVN-{field}", f"{read.says}; another field tells the time")
    missing: list[tuple[str, TimeFault]] = []
    for segment, field in ((event, 6), (event, 2), (context.message.header, 7)):
        read = read_time(segment.text(field), context.zone, later=field != 6)  # noqa: PLR2004 - EVN-6
        if isinstance(read, WireTime):
            return read
        missing.append((f"{segment.name or 'EVN'}-{field}", read))
    place, fault = next((pair for pair in missing if pair[1].kind != "absent"), missing[1])
    context.refuse_time(place, fault)
    return None
