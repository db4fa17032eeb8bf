"""The events that a delivery is, once its stay is known. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from streams.feeds.deliveries import Delivery
from streams.feeds.facts import PumpTold
from streams.feeds.pump_links import Link
from streams.feeds.site_mapping import spelled
from streams.wire.refused_event import NO_MOMENT

_CLOCK_SET: Final = (
    "OBX-5: the pump's clock was set while it ran, so that its minutes are not known; "
    "chart the infusion, or attest to its times"
)


def events_of(delivery: Delivery, link: Link, clocks: Iterable[float]) -> Iterator[dict[str, Any]]:
    """Yield the events of a delivery, without ids; a clock that was set while it ran holds the stay."""
    first = delivery.first
    name = administration_id(first)
    for step in delivery.steps:
        fields: Mapping[str, Any] = step.fields
        if step.kind == "event_refused":
            yield _event(step.kind, delivery, link, NO_MOMENT, step.recorded_at, fields)
            continue
        if step.kind == "infusion_started":
            fields = {
                "order_id": link.order or None,
                "drug": _drug(delivery, link) or None,
                "technique": "pca" if first.source == "pca" else "infusion",
                "device_id": first.device,
                "charted_by_role": "device",
                **link.fields,
                **fields,
            }
        yield _event(
            step.kind, delivery, link, step.at, step.recorded_at, {"administration_id": name, **fields}
        )
    if first.action != "refused" and any(delivery.runs_at(at) for at in clocks):
        yield refused_event(delivery, link, f"{_CLOCK_SET} ({name})")


def refused_event(delivery: Delivery, link: Link, reason: str) -> dict[str, Any]:
    """Return the word that something of a delivery could not be used."""
    return _event("event_refused", delivery, link, NO_MOMENT, None, {"reason": reason})


def administration_id(first: PumpTold) -> str:
    """Return the id of a delivery: its pump, channel and source, and when it began."""
    began = datetime.fromisoformat(first.at).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    channel = f".{first.channel}" if first.channel else ""
    source = "" if first.source == "primary" else f"-{first.source}"
    return f"pump-{first.device}{channel}{source}-{began}"[:200]


def _event(
    kind: str, delivery: Delivery, link: Link, at: str, recorded_at: str | None, fields: Mapping[str, Any]
) -> dict[str, Any]:
    event: dict[str, Any] = {
        "type": kind,
        "encounter_id": link.encounter_id,
        "occurred_at": at,
        "source": delivery.first.source_name,
    }
    if recorded_at is not None:
        event["recorded_at"] = recorded_at
    return event | {name: value for name, value in fields.items() if value is not None and value != ""}


def _drug(delivery: Delivery, link: Link) -> Mapping[str, Any]:
    """Return what was given: what the pump names, with the order's code where the order says the same or the pump nothing."""
    pumped, ordered = delivery.drug, link.drug
    if not ordered:
        return pumped
    if not pumped or not pumped.get("name") or not ordered.get("name"):
        return ordered if not pumped or pumped.get("code") == ordered.get("code") else pumped
    return ordered if spelled(pumped["name"]) == spelled(ordered["name"]) else pumped
