"""
One row of INPUTEVENTS_MV as events: a stretch of one order at one rate, from a start to an end.

A row that was rewritten later was in the chart until then: it is told when it was stored, and taken back when it was
rewritten. Every row has an order, and rows of one chain of orders are one dose.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from streams.feeds.event_id import event_id
from streams.feeds.mimic.calendar import clock
from streams.feeds.mimic.tables import Row

SOURCE: Final = "emar"
_DRIP: Final = frozenset({"continuous med", "continuous iv"})
_PUSH: Final = "drug push"
_OUTSIDE: Final = {"09": "PO", "13": "NG", "14": "PO"}
"""The first digits of an order's category: by mouth and tube."""
_UNDER_THE_SKIN: Final = frozenset({"06", "11"})
_BEFORE_ADMISSION: Final = "16"
_CARRIERS: Final = ("mixed solution", "additives")
_STOPS: Final = {"stopped": "discontinued", "finishedrunning": "completed", "flushed": "completed"}
_ML: Final = frozenset({"ml"})
_ML_PER_HOUR: Final = frozenset({"ml/hour", "ml/hr", "ml/h"})
_MOST: Final = 10_000_000
NAMES_NOTHING: Final = "names no stay, no order or no item"


def _number(text: str) -> float | int | None:
    try:
        value = float(text)
    except ValueError:
        return None
    if not 0 <= value <= _MOST:
        return None
    return int(value) if value.is_integer() else value


def _category(row: Row) -> str:
    return row.get("ordercategoryname", "").strip()[:2]


def _route(category: str) -> str:
    if category in _UNDER_THE_SKIN:
        return "SC"
    return _OUTSIDE.get(category, "IV")


def fields_of(row: Row, names: Mapping[str, str]) -> dict[str, Any]:
    """Return the administration fields of a row, without its times."""
    category = _category(row)
    described = row.get("ordercategorydescription", "").strip().casefold()
    component = row.get("ordercomponenttypedescription", "").strip().casefold()
    route = _route(category)
    item = row["itemid"].strip()
    amount, unit = _number(row.get("amount", "")), row.get("amountuom", "").strip()
    volume = amount if unit.casefold() in _ML else None
    rate = _number(row.get("rate", "")) if row.get("rateuom", "").strip().casefold() in _ML_PER_HOUR else None
    fields: dict[str, Any] = {
        "administration_id": f"{row['orderid'].strip()}-{item}",
        "order_id": row["linkorderid"].strip() or row["orderid"].strip(),
        "dose_id": f"{row['linkorderid'].strip()}-{item}" if described in _DRIP else None,
        "drug": {"name": names.get(item) or f"item {item}"},
        "route": route,
        "technique": ("push" if described == _PUSH else "infusion") if route == "IV" else None,
        "intent": "carrier" if component.startswith(_CARRIERS) else None,
        "volume_ml": volume,
        "rate_ml_per_h": rate,
        "dose": amount if volume is None else None,
        "dose_unit": unit if volume is None and amount is not None and unit else None,
        "prehospital": True if category == _BEFORE_ADMISSION else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def events_of(
    row: Row, names: Mapping[str, str], moved: timedelta, encounter_id: str
) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """
    Yield the events of one row, each with when it was stored.

    Raises:
        ValueError: a time of it is none, or it names no stay, no order or no item.
    """
    if not (row["orderid"].strip() and row["itemid"].strip() and encounter_id):
        message = NAMES_NOTHING
        raise ValueError(message)
    start, end, stored = (clock(row[name]) + moved for name in ("starttime", "endtime", "storetime"))
    status = row["statusdescription"].strip().casefold()
    name = event_id("mimic", row["orderid"], "administration_charted", row["starttime"], row["itemid"])
    common = {"encounter_id": encounter_id, "source": SOURCE}
    fields = fields_of(row, names)
    charted = {
        "type": "administration_charted",
        "event_id": name,
        **common,
        "occurred_at": start.isoformat(),
        "recorded_at": stored.isoformat(),
        **fields,
        "started_at": start.isoformat(),
        "stopped_at": end.isoformat(),
    }
    if status in _STOPS and fields.get("technique") == "infusion":
        charted["stop_reason"] = _STOPS[status]
    yield stored, charted
    if status == "rewritten":
        written = row.get("comments_date", "").strip()
        at = max(stored, clock(written) + moved) if written else stored
        yield (
            at,
            {
                "type": "event_voided",
                "event_id": event_id(
                    "mimic", row["orderid"], "event_voided", row["starttime"], row["itemid"]
                ),
                **common,
                "occurred_at": at.isoformat(),
                "recorded_at": at.isoformat(),
                "voids_event_id": name,
            },
        )
