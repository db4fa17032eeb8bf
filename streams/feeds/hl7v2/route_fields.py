"""
RXR: the route, how the drug was given, and the access site.

``IVP`` is an intravenous pump in table 0164 (RXR-3) and an intravenous push in table 0165 (RXR-4); the coding system
in the field decides, then the place. Where the fields contradict one another the route is handed on with both words:
no one knows such a route, so a person looks at it.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from models.field import Technique
from rules.formulary.routes import read_route
from streams.feeds.hl7v2.segments import Segment
from streams.feeds.one_line import one_line
from streams.feeds.site_mapping import Words, spelled

_DEVICES: Final[Mapping[str, Technique]] = {
    "ivp": "infusion",
    "pca": "pca",
    "ivs": "infusion",
    "bt": "infusion",
}
"""HL7 table 0164; IHE's SYR, a syringe pump, gives pushes and infusions alike."""

_METHODS: Final[Mapping[str, Technique]] = {"ivp": "push", "ivpb": "infusion", "iv": "infusion"}
"""HL7 table 0165, and IHE's ``IV`` for a primary infusion."""

_METHOD_WORDS: Final[Mapping[str, Technique]] = {
    "iv push": "push",
    "push": "push",
    "slow iv push": "push",
    "iv piggyback": "infusion",
    "piggyback": "infusion",
    "infusion": "infusion",
    "iv infusion": "infusion",
    "infuse": "infusion",
    "continuous infusion": "infusion",
    "iv pump": "infusion",
    "infusion pump": "infusion",
    "pca pump": "pca",
    "injection": "injection",
    "inject": "injection",
}

_IV_WORDS: Final = re.compile(r"\b(?:IVPB|PIGGY ?BACK|IV PUSH|IVP)\b", re.IGNORECASE)
"""What in a drug's text says that it goes into a vein."""

_INTO_TISSUE: Final = frozenset({"IM", "SC"})


class Route(NamedTuple):
    """How something was given, as far as the message tells."""

    fields: Mapping[str, Any]
    """``route``, ``site_id`` and ``lumen`` of the contract."""
    technique: Technique | None
    kind: str | None
    """The route as the rules read it: ``IV``, ``IM`` and so on; None where it is not told or nobody knows it."""
    contradictions: tuple[str, ...] = ()
    """The fields that contradict the route."""


def route_of(routes: Sequence[Segment], drug_name: str, words: Words) -> Route:
    """Return how an administration was given by its RXR, of which there should be one."""
    vein = _IV_WORDS.search(drug_name) is not None
    key = ("RXR", vein, *[rxr.sent() for rxr in routes])
    known: Route | None = words.memory.get(key)
    if known is None:
        known = _read(routes, words, drug_says_vein=vein)
        words.remember(key, known)
    return known


def _read(routes: Sequence[Segment], words: Words, *, drug_says_vein: bool) -> Route:
    spoken: list[str] = []
    techniques: list[Technique] = []
    contradictions: list[str] = []
    site = lumen = ""
    for rxr in routes:
        text = _route_text(rxr, words)
        if text and text not in spoken:
            spoken.append(text)
        method = _method(rxr, 4, words) or _method(rxr, 3, words)
        if method is not None:
            techniques.append(method)
        site = site or _site(rxr, words)
        lumen = lumen or "-".join(spelled(one_line(rxr.text(5) or rxr.text(5, 2), 200)).split())
    route = " / ".join(spoken)
    read = read_route(route)
    kind = read.route if read is not None else None
    technique = techniques[0] if len(set(techniques)) == 1 else None
    if kind in _INTO_TISSUE:
        if any(_method(rxr, 4, words) in {"push", "infusion"} and _says_vein(rxr) for rxr in routes):
            contradictions.append("RXR-4")
        if drug_says_vein:
            contradictions.append("RXA-5")
        if contradictions:
            # Two routes in one text: the rules know no such route and hold the administration for a person.
            return Route(
                {"route": f"{route} / IV"[:200], "site_id": site or None, "lumen": lumen or None},
                technique,
                None,
                tuple(contradictions),
            )
    if technique is None and read is not None:
        technique = read.technique
    fields = {"route": route[:200] or None, "site_id": site or None, "lumen": lumen or None}
    return Route(fields, technique, kind)


def _route_text(rxr: Segment, words: Words) -> str:
    code, text = rxr.text(1), rxr.text(1, 2)
    own = words.routes.get(spelled(code)) or words.routes.get(spelled(text))
    if own is not None:
        return own
    for word in (code, text):
        read = read_route(word) if word else None
        if read is not None and read.route is not None:
            return one_line(word, 200)
    return one_line(code or text, 200)


def _says_vein(rxr: Segment) -> bool:
    return spelled(rxr.text(4)) in {"ivp", "ivpb", "iv"} or "iv" in spelled(rxr.text(4, 2)).split()


def _method(rxr: Segment, field: int, words: Words) -> Technique | None:
    """Return what RXR-3 or RXR-4 says of the manner of giving; None where code and text contradict each other."""
    if not rxr.raw(field):
        return None
    code, text, system = spelled(rxr.text(field)), spelled(rxr.text(field, 2)), spelled(rxr.text(field, 3))
    own = words.techniques.get(code) or words.techniques.get(text)
    if own is not None:
        return own
    device = system == "hl70164" or (field == 3 and system != "hl70165")  # noqa: PLR2004 - RXR-3 is the device
    by_code = (_DEVICES if device else _METHODS).get(code)
    by_text = _METHOD_WORDS.get(text)
    if by_code is not None and by_text is not None and by_code != by_text:
        return None
    return by_code or by_text or _METHOD_WORDS.get(code)


def _site(rxr: Segment, words: Words) -> str:
    """Return the access site of RXR-2 with its modifier, as the site calls it; codes are ids, in small letters."""
    code, text = rxr.text(2), rxr.text(2, 2)
    named = code or text
    if not named:
        return ""
    own = words.sites.get(spelled(code)) or words.sites.get(spelled(text))
    if own is not None:
        return own
    side = rxr.text(6)
    return "-".join(spelled(one_line(f"{named} {side}", 200)).split())
