"""Flushes of an implanted port as the nurse charts them among the drugs (R-BUN-4)."""

import re
from typing import Final, NamedTuple

from models.charge import NotBilled
from models.encounter import Administration, Encounter
from rules.worksheet.codable import CodableAdministration

_PORT: Final = re.compile(r"\b(?:power|medi|chest)?-?port\b|port-?a?-?cath|\bivad\b", re.IGNORECASE)


class PortFlush(NamedTuple):
    """A flush of a port, and why it is included where anything else was done that day."""

    administration: CodableAdministration
    included: NotBilled


def flushes_port(charted: Administration, kind: str | None, encounter: Encounter) -> bool:
    """Tell whether a flush, by intent or by what the drug is (``kind``), went through an implanted port."""
    if charted.intent not in {"flush", None} or (charted.intent is None and kind != "flush"):
        return False
    return any(
        site.site_id == charted.site_id and site.kind is not None and _PORT.search(site.kind)
        for site in encounter.sites
    )
