"""
The HTTP door: FHIR resources and HL7 v2 messages, answered with 202 once Kafka has them, and 503 while it has not.

FHIR is answered with an OperationOutcome. HL7 over HTTP follows HAPI's convention: the content type is
application/hl7-v2, and the answer's body is the acknowledgement.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web
from orjson import JSONDecodeError, dumps, loads

from streams.listener.access import Guard, Networks, peer_address
from streams.listener.acknowledgement import Outcome, acknowledgement, code_of
from streams.listener.mllp_connection import LARGE_BYTES, Limits, answer_id, hl7_instant
from streams.listener.reception import FHIR, HL7, Received, Reception
from streams.wire.message import Headers
from streams.wire.rejects import Reject

DOOR: Final = "http"
_TYPE: Final = re.compile(r"[A-Za-z]{1,64}")
_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_STATUS: Final[dict[Outcome, int]] = {"stored": 202, "later": 503, "refused": 400}
_RETRY_AFTER_S: Final = "5"
_JSON: Final = frozenset({"application/fhir+json", "application/json"})
_PASSED_ON: Final = ("traceparent", "tracestate")
"""Headers of a request that go with the message."""

_ISSUE: Final = {
    400: "invalid", 401: "login", 403: "forbidden", 404: "not-found", 405: "not-supported", 408: "timeout",
    413: "too-long", 415: "not-supported", 503: "transient",
}  # fmt: skip
"""FHIR's words for what is wrong, by status."""

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def outcome_body(severity: str, code: str, says: str, expression: str | None = None) -> bytes:
    """Return an OperationOutcome."""
    issue: dict[str, Any] = {"severity": severity, "code": code, "diagnostics": says}
    if expression is not None:
        issue["expression"] = [expression]
    return dumps({"resourceType": "OperationOutcome", "issue": [issue]})


class HttpDoor:
    """Serves FHIR and HL7 over HTTP."""

    def __init__(
        self, reception: Reception, limits: Limits, allow: Networks, guard: Guard, tickets: asyncio.Semaphore,
        clock: Callable[[], float],
    ) -> None:  # fmt: skip
        self._reception, self._limits, self._allow, self._guard = reception, limits, allow, guard
        self._tickets, self._clock = tickets, clock

    def application(self) -> web.Application:
        """Return the application to be served."""
        application = web.Application(
            middlewares=[self._every_request], client_max_size=self._limits.most_bytes
        )
        add = application.router.add_route
        for path in ("/fhir", "/fhir/"):
            add("POST", path, self._fhir)
        for method in ("POST", "PUT"):
            add(method, "/fhir/{type}", self._fhir)
            add(method, "/fhir/{type}/{id}", self._fhir)
        add("POST", "/hl7v2", self._hl7)
        return application

    @web.middleware
    async def _every_request(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        address = peer_address(request.transport.get_extra_info("peername") if request.transport else None)
        if not self._allow.has(address):
            self._reception.figures.turned_away("not_allowed")
            return _says(403, "this address is not let in; name its network in INFUSION_LISTEN_ALLOW")
        if not self._guard.lets_in(request.headers, address):
            self._reception.figures.turned_away("not_authenticated")
            response = _says(401, "send the token this door was given: Authorization: Bearer …")
            response.headers["WWW-Authenticate"] = 'Bearer realm="infusion"'
            return response
        try:
            return await self._one(request, handler)
        except web.HTTPRequestEntityTooLarge:
            self._reception.figures.broken("too_large")
            return _says(413, f"a message may have {self._limits.most_bytes:,} bytes; send less at once")
        except TimeoutError:
            return _says(408, "the body did not come in time; send it again")
        except web.HTTPException as error:
            return _says(
                error.status, f"{error.reason}; POST to /fhir/… or to /hl7v2", error.headers.get("Allow")
            )

    async def _one(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        size = request.content_length
        if size is not None and size > self._limits.most_bytes:
            raise web.HTTPRequestEntityTooLarge(self._limits.most_bytes, size)
        if size is not None and size <= LARGE_BYTES and "Content-Encoding" not in request.headers:
            return await handler(request)
        async with self._tickets:
            return await handler(request)

    async def _fhir(self, request: web.Request) -> web.Response:
        if request.content_type not in _JSON:
            return _says(415, "send FHIR as JSON: Content-Type: application/fhir+json")
        kind, name = request.match_info.get("type", "Bundle"), request.match_info.get("id")
        body = await self._body(request)
        problem = _fhir_problem(body, kind, name)
        received = await self._reception.fhir(body, "fhir", DOOR, _passed_on(request), problem)
        outcome, why = await received.outcome()
        self._count(received, str(_STATUS[outcome]))
        if why is None:
            return _answer(
                202, outcome_body("information", "informational", "stored; it is converted from here on")
            )
        expression = why.field if problem is not None else None
        return _answer(
            _STATUS[outcome], outcome_body("error", _ISSUE[_STATUS[outcome]], why.reason, expression)
        )

    async def _hl7(self, request: web.Request) -> web.Response:
        if request.content_type != HL7.decode():
            return _says(415, "send ER7 text: Content-Type: application/hl7-v2")
        received = await self._reception.hl7(await self._body(request), DOOR, _passed_on(request))
        outcome, why = await received.outcome()
        code = code_of(outcome, received.header, "commit")
        self._count(received, code)
        text = acknowledgement(code, received.header, hl7_instant(self._clock), answer_id(), why)
        return _answer(_STATUS[outcome], text, f"{HL7.decode()}; charset=utf-8")

    async def _body(self, request: web.Request) -> bytes:
        async with asyncio.timeout(self._limits.frame_s):
            return await request.read()

    def _count(self, received: Received, code: str) -> None:
        seconds = asyncio.get_running_loop().time() - received.began
        self._reception.figures.answered(code, received.sender, seconds)


def _passed_on(request: web.Request) -> Headers:
    return tuple((name, request.headers[name].encode()) for name in _PASSED_ON if name in request.headers)


def _fhir_problem(body: bytes, kind: str, name: str | None) -> Reject | None:
    """Return why a body is not the resource its address names; nothing of it is quoted."""
    if not _TYPE.fullmatch(kind) or (name is not None and not _ID.fullmatch(name)):
        return Reject("request", "the address names no resource", "use /fhir/TYPE or /fhir/TYPE/ID")
    try:
        resource = loads(body)
    except JSONDecodeError:
        return Reject("body", "not JSON in UTF-8", "send one FHIR resource as JSON")
    if not isinstance(resource, dict):
        return Reject("body", "not a JSON object", "send one FHIR resource as JSON")
    if resource.get("resourceType") != kind:
        return Reject("resourceType", f"is not {kind}, which the address names", "send it to its own address")
    if name is not None and resource.get("id", name) != name:
        return Reject(f"{kind}.id", "is not the id the address names", "send it to its own address")
    return None


def _answer(status: int, body: bytes, content_type: str = FHIR.decode()) -> web.Response:
    headers = {"Content-Type": content_type}
    if status == 503:  # noqa: PLR2004 - HTTP's number for "later"
        headers["Retry-After"] = _RETRY_AFTER_S
    return web.Response(status=status, body=body, headers=headers)


def _says(status: int, text: str, allow: str | None = None) -> web.Response:
    response = _answer(status, outcome_body("error", _ISSUE.get(status, "processing"), text))
    if allow is not None:
        response.headers["Allow"] = allow
    return response
