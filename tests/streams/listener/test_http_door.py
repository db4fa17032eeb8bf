"""The HTTP door over a log in memory: FHIR and HL7, who may send, and what is answered when."""

from typing import Any

import pytest
from aiohttp import ClientSession
from open_door import Doors, PaperLog, doors
from orjson import loads

from streams.listener.access import Guard, networks_of
from streams.listener.mllp_connection import Limits
from streams.listener.settings import ListenSettings
from streams.wire import topics

FHIR = {"Content-Type": "application/fhir+json"}
HL7 = {"Content-Type": "application/hl7-v2; charset=utf-8"}
GIVEN = b'{"resourceType":"MedicationAdministration","id":"m1","status":"completed"}'
ADT = b"MSH|^~\\&|EMAR|NORTH|||20260105083000||ADT^A01|7|P|2.5.1\rPID|1\r"


async def sent(
    door: Doors, path: str, body: bytes, headers: dict[str, str] | None = None, method: str = "POST"
) -> tuple[int, dict[str, str], Any]:
    """Return status, headers and body of an answer: an OperationOutcome's issue, or text."""
    async with (
        ClientSession() as session,
        session.request(
            method, f"http://127.0.0.1:{door.http}{path}", data=body, headers=headers or FHIR
        ) as answer,
    ):
        text = await answer.read()
        if answer.content_type == "application/fhir+json":
            outcome = loads(text)
            assert outcome["resourceType"] == "OperationOutcome"
            (issue,) = outcome["issue"]
            return answer.status, {**answer.headers}, issue
        return answer.status, {**answer.headers}, text.decode()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/fhir/MedicationAdministration", GIVEN),
        ("PUT", "/fhir/MedicationAdministration/m1", GIVEN),
        ("POST", "/fhir", b'{"resourceType":"Bundle","type":"batch"}'),
        ("POST", "/fhir/", b'{"resourceType":"Bundle","type":"batch"}'),
        ("POST", "/fhir/Bundle", b'{"resourceType":"Bundle","type":"batch"}'),
        ("POST", "/fhir/Encounter", b'{"resourceType":"Encounter"}'),
    ],
)
async def test_a_resource_is_kept_as_it_came_and_then_acknowledged(
    method: str, path: str, body: bytes
) -> None:
    """202 and an OperationOutcome."""
    log = PaperLog()
    async with doors(log) as door:
        status, _, issue = await sent(door, path, body, FHIR | {"traceparent": "00-aa-bb-01"}, method)
    assert (status, issue["severity"], issue["code"]) == (202, "information", "informational")
    (kept,) = log.written
    assert (kept.topic, kept.key, kept.value) == (topics.RAW_FHIR, b"unnamed", body)
    assert kept.headers == (("content-type", b"application/fhir+json"), ("traceparent", b"00-aa-bb-01"))


async def test_while_kafka_is_away_a_sender_is_told_to_come_again() -> None:
    """503 with when."""
    async with doors(PaperLog("later")) as door:
        status, headers, issue = await sent(door, "/fhir/MedicationAdministration", GIVEN)
    assert (status, issue["code"], headers["Retry-After"]) == (503, "transient", "5")


@pytest.mark.parametrize(
    ("path", "body", "says", "expression"),
    [
        ("/fhir/Encounter", b"{", "body: not JSON in UTF-8; send one FHIR resource as JSON", "body"),
        ("/fhir/Encounter", b"[]", "body: not a JSON object; send one FHIR resource as JSON", "body"),
        ("/fhir/Encounter", b"[" * 100_000, "body: not JSON in UTF-8; send one FHIR resource as JSON", "body"),
        (
            "/fhir/Encounter", GIVEN,
            "resourceType: is not Encounter, which the address names; send it to its own address", "resourceType",
        ),
        (
            "/fhir/MedicationAdministration/m2", GIVEN,
            "MedicationAdministration.id: is not the id the address names; send it to its own address",
            "MedicationAdministration.id",
        ),
    ],
)  # fmt: skip
async def test_what_is_no_resource_is_refused_and_kept(
    path: str, body: bytes, says: str, expression: str
) -> None:
    """400 with field and reason, and the bytes on the rejects topic."""
    log = PaperLog()
    async with doors(log) as door:
        status, _, issue = await sent(door, path, body)
    assert (status, issue["code"], issue["diagnostics"], issue["expression"]) == (
        400,
        "invalid",
        says,
        [expression],
    )
    assert [(kept.topic, kept.value) for kept in log.written] == [(topics.REJECTS, body)]


@pytest.mark.parametrize(
    ("path", "headers", "size", "status", "code"),
    [
        ("/fhir/Encounter", {"Content-Type": "application/fhir+xml"}, 9, 415, "not-supported"),
        ("/hl7v2", {"Content-Type": "application/hl7-v2+xml"}, 9, 415, "not-supported"),
        ("/fhir/Encounter", FHIR, 2000, 413, "too-long"),
        ("/hl7v2", HL7, 2000, 413, "too-long"),
        ("/elsewhere", FHIR, 9, 404, "not-found"),
    ],
)
async def test_what_does_not_fit_is_told(
    path: str, headers: dict[str, str], size: int, status: int, code: str
) -> None:
    """In an OperationOutcome too, without a word kept."""
    log = PaperLog()
    async with doors(log, ListenSettings(limits=Limits(most_bytes=1000))) as door:
        found, _, issue = await sent(door, path, b"x" * size, headers)
    assert (found, issue["code"]) == (status, code)
    assert log.written == []


async def test_other_methods_are_told_which_there_are() -> None:
    """405 names them."""
    async with doors(PaperLog()) as door:
        status, headers, _ = await sent(door, "/hl7v2", b"", HL7, "PUT")
    assert (status, headers["Allow"]) == (405, "POST")


async def test_hl7_over_http_is_answered_with_an_acknowledgement() -> None:
    """As HAPI does: the content type of the answer is that of a message."""
    log = PaperLog("stored", "later", "stored")
    async with doors(log) as door:
        status, headers, text = await sent(door, "/hl7v2", ADT, HL7)
        assert (status, headers["Content-Type"]) == (202, "application/hl7-v2; charset=utf-8")
        assert text.endswith("\rMSA|AA|7\r")
        status, headers, text = await sent(door, "/hl7v2", ADT, HL7)
        assert (status, headers["Retry-After"]) == (503, "5")
        assert "\rMSA|AE|7|" in text
        status, _, text = await sent(door, "/hl7v2", b"PID|1", HL7)
        assert status == 400
        assert "\rMSA|AR||MSH: " in text
    assert [(kept.topic, kept.value) for kept in log.written] == [
        (topics.RAW_HL7V2, ADT), (topics.REJECTS, b"PID|1"),
    ]  # fmt: skip


TOKEN = "0123" * 4
PROXY = Guard(None, "X-Forwarded-User", networks_of("127.0.0.1/8"))


@pytest.mark.parametrize(
    ("guard", "headers", "status"),
    [
        (Guard(TOKEN), {"Authorization": f"Bearer {TOKEN}"}, 202),
        (Guard(TOKEN), {"Authorization": f"bearer {TOKEN}"}, 202),
        (Guard(TOKEN), {"Authorization": "Bearer 0123012301230124"}, 401),
        (Guard(TOKEN), {"Authorization": f"Basic {TOKEN}"}, 401),
        (Guard(TOKEN), {}, 401),
        (PROXY, {"X-Forwarded-User": "gateway"}, 202),
        (PROXY, {"X-Forwarded-User": " "}, 401),
        (PROXY, {}, 401),
        (Guard(None, "X-Forwarded-User", networks_of("2001:db8::/32")), {"X-Forwarded-User": "gateway"}, 401),
    ],
)
async def test_who_may_send(guard: Guard, headers: dict[str, str], status: int) -> None:
    """A bearer of the token, or whoever a proxy from its own network vouches for."""
    async with doors(PaperLog(), ListenSettings(guard=guard)) as door:
        found, answered, _ = await sent(door, "/fhir/MedicationAdministration", GIVEN, FHIR | headers)
        assert found == status
        assert ("WWW-Authenticate" in answered) == (status == 401)
        assert door.figure("infusion_listen_turned_away_total", "not_authenticated") == (status == 401)


async def test_who_is_not_on_the_list_is_not_let_in() -> None:
    """403, whatever else is said."""
    log = PaperLog()
    async with doors(log, ListenSettings(allow=networks_of("2001:db8::/32"))) as door:
        assert (await sent(door, "/fhir/MedicationAdministration", GIVEN))[0] == 403
    assert log.written == []


async def test_answers_are_counted() -> None:
    """By status, and by the time they took."""
    async with doors(PaperLog()) as door:
        await sent(door, "/fhir/MedicationAdministration", GIVEN)
        assert door.figure("infusion_listen_answers_total", "fhir", "202") == 1
        assert door.figure("infusion_listen_received_bytes_total", "http") == len(GIVEN)
