"""The page of feeds: senders by MSH-3 and MSH-4, sources of events, what of each was refused, pumps that nothing links."""

from typing import Any

from console_desk import NOW, missing_stop
from orjson import dumps

from streams.wire.reject_headers import reject_headers
from streams.wire.topics import ASSOCIATIONS_CHANGELOG, EVENTS, RAW_FHIR, RAW_HL7V2, REJECTS


def message(application: str, facility: str) -> bytes:
    """Return the header of a message, which is all that is read of it."""
    return (
        f"MSH|^~\\&|{application}|{facility}|CHARGES|US|20260302||RAS^O17|1|P|2.5.1\rPID|1||77^^^MRN".encode()
    )


async def test_senders_are_what_messages_call_themselves(console: Any) -> None:
    """One that only ignored or refused messages came from is there too; FHIR tells no sender, and none is made up."""
    stage, client = await console()
    await stage.say(RAW_HL7V2, "GH", message("EHR", "GH"), NOW - 60)
    await stage.say(RAW_HL7V2, "GH", message("PUMPS", "GH"), NOW - 9_000)
    await stage.say(RAW_HL7V2, "GH", message("EHR", "GH"), NOW - 5)
    await stage.say(RAW_HL7V2, "GH", b"no header at all", NOW - 5)
    await stage.say(RAW_FHIR, "GH", b'{"resourceType":"Bundle"}', NOW - 5)
    refused = reject_headers((), "PID-3: missing", RAW_HL7V2, 0, 1)
    await stage.say(REJECTS, "GH", message("EHR", "GH"), NOW - 5, refused)
    odd = reject_headers((), "resourceType: unknown", RAW_FHIR, 0, 1)
    await stage.say(REJECTS, "GH", b'{"resourceType":"Nothing"}', NOW - 5, odd)
    rows = {row["sender"]: row for row in await (await client.get("/feeds/senders.json")).json()}
    assert {name: row["messages"] for name, row in rows.items()} == {
        "EHR at GH": 2, "PUMPS at GH": 1, "unnamed": 1, "fhir": 1,
    }  # fmt: skip
    assert (rows["EHR at GH"]["rejected_day"], rows["EHR at GH"]["silent"]) == (1, False)
    assert rows["fhir"]["rejected_day"] == 1
    assert rows["PUMPS at GH"]["silent"], "two hours and a half"
    page = await (await client.get("/feeds")).text()
    assert "1 sender silent</b> longer than usual, of 4" in page
    assert "FHIR, sender not told" in page
    assert "77" not in page
    assert "EHR at GH" in await (await client.get("/rejects?source=EHR at GH")).text()


async def test_pumps_that_nothing_links_are_counted_until_an_order_comes(console: Any) -> None:
    """By facility, from what the workers keep; other entries and unreadable ones count for nothing."""
    stage, client = await console()
    await stage.say(RAW_HL7V2, "GH", message("PUMPS", "GH"))
    assert "Every pump is linked" in await (await client.get("/feeds")).text()
    for name, value in (("GH\0p|a", [1, 2]), ("GH\0p|b", [1, 1]), ("West\0p|a", [0, 1]), ("GH\0o|x", [1, 9])):
        await stage.say(ASSOCIATIONS_CHANGELOG, name, dumps(value))
    await stage.say(ASSOCIATIONS_CHANGELOG, "GH\0p|c", b"\xff")
    found = await (await client.get("/feeds/unlinked.json")).json()
    assert [(row["facility"], row["infusions"], row["programs"]) for row in found] == [
        ("GH", 3, 2),
        ("West", 1, 1),
    ]
    stage.desk.clock = lambda: NOW + 300
    await client.get("/feeds")
    await stage.say(ASSOCIATIONS_CHANGELOG, "GH\0p|a", dumps([1, 0]))
    await stage.say(ASSOCIATIONS_CHANGELOG, "West\0p|a", None)
    assert (await (await client.get("/feeds/unlinked.csv")).text()).splitlines()[1:] == ["GH,1,1"]


async def test_without_a_front_door_the_sources_of_events_stand_alone(console: Any) -> None:
    """Events that are published as such have a source and no sender."""
    stage, client = await console()
    for event in missing_stop("E1"):
        await stage.say(EVENTS, "E1", dumps(event))
    page = await (await client.get("/feeds")).text()
    assert "Senders of messages" not in page
    assert "emar" in page
    assert [row["source"] for row in await (await client.get("/feeds.json")).json()] == ["emar"]
