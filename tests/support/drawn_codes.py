"""Drugs as Hypothesis draws them with a code: one that disagrees with its name, and one that may be a fluid or a flush."""

from typing import Any

from drawn_day import Day
from hypothesis import strategies as st

from models.drug import Drug

SALINE = {"code": "9863", "system": "rxnorm"}
"""RxNorm's ingredient of saline: a litre and a flush alike (A-31)."""

HEPARIN = {"code": "5224", "system": "rxnorm"}
"""RxNorm's ingredient of heparin: a dose and a flush alike."""

CODED = (
    Drug(name="ceftriaxone", code="J9045", system="hcpcs"),
    Drug(**SALINE),
    Drug(**SALINE),
    Drug(name="item-17", **SALINE),
    Drug(**HEPARIN),
    Drug(name="D5NS", **SALINE),
    Drug(name="normal saline flush", **SALINE),
)
"""Names and codes that disagree; codes that may be a flush, alone, beside a site's own word or beside a name that says more."""


def coded_drug(day: Day) -> dict[str, Any]:
    """Draw a coded drug with what it is said to be for."""
    return {
        "drug": day.draw(st.sampled_from(CODED)),
        "indication": day.draw(st.sampled_from(("dehydration", "dehydration", None))),
        "intent": day.draw(st.sampled_from((None, None, "treat", "hydrate", "flush", "carrier"))),
    }
