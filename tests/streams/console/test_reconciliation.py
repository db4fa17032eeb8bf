"""The reconciliation page: side by side, kept up as charges and deliveries come."""

from typing import Any

from console_desk import coded, missing_stop
from orjson import loads

from streams.console.accounts_book import put_side_by_side
from streams.wire.charge_json import value_of
from streams.wire.topics import CHARGE_LINES, DELIVERIES

STOP = {"type": "infusion_stopped", "event_id": "E1.9", "occurred_at": "2026-03-02T09:00:00-05:00", "encounter_id": "E1", "administration_id": "A1"}  # fmt: skip


async def test_a_line_is_missing_until_the_billing_system_has_it(console: Any) -> None:
    """Its acknowledgement makes it matched; the page says so without being asked anew."""
    stage, client = await console()
    events = [*missing_stop("E1"), STOP]
    await stage.stay("E1", events)
    charge_set, _ = coded("E1", events)
    put_side_by_side(stage.model)
    rows = await (await client.get("/reconciliation.json?kind=charge")).json()
    assert [(row["state"], row["ours"], row["usd"]) for row in rows] == [("missing", "96365", "217.31")]
    line = loads(value_of(charge_set))["lines"][0]
    about = {
        "encounter_id": "E1",
        "charge_set_id": charge_set.charge_set_id,
        "revision": 1,
        "change": "charge",
    }
    await stage.say(CHARGE_LINES, "E1", about | {"line": line})
    taken = {
        "destination": "billing", "outcome": "accepted", "line_id": line["line_id"], "control_id": "1", "answer": "AA",
        "reason": None, "attempts": 1, "decided_at": "2026-03-03T00:00:00Z",
    }  # fmt: skip
    await stage.say(DELIVERIES, "E1", about | taken)
    assert put_side_by_side(stage.model) == 1
    rows = await (await client.get("/reconciliation.json?kind=charge")).json()
    assert [(row["state"], row["billed"]) for row in rows] == [("matched", "96365")]
    page = await (await client.get("/reconciliation")).text()
    assert "No billing system has answered" not in page
    assert "CSV, " in page
    assert "J0696 no units" in page, "the drug's dose is not known; it is no line of 0"
    assert "$0.00</td>" not in page
    assert put_side_by_side(stage.model) == 0
