"""Whether the contract takes what a feed makes of a message."""

from collections.abc import Mapping
from typing import Any

from orjson import dumps

from streams.feeds.conversion import Conversion
from streams.wire.event_json import read
from streams.wire.rejects import Reject


def validated(conversion: Conversion) -> Conversion:
    """Return a conversion with the events the contract takes, and a reject in the place of each it does not."""
    kept: list[Mapping[str, Any]] = []
    rejects = list(conversion.rejects)
    for event in conversion.events:
        checked = read(dumps(event))
        if isinstance(checked, Reject):
            rejects.append(checked._replace(field=f"event {event['type']}, {checked.field}"))
        else:
            kept.append(event)
    if len(kept) == len(conversion.events):
        return conversion
    return conversion._replace(events=tuple(kept), rejects=tuple(rejects))
