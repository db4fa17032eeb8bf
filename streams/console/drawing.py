"""The timeline of a stay for a page: the drawing of ``explain``, as terminal and letter have it."""

from typing import Any, Final

from markupsafe import Markup

from streams.console.stay_record import StayRecord
from streams.explain.svg.page import description
from streams.explain.svg.sheet import EDGE, HATCHING, LEFT_TO_RIGHT, WIDTH, Sheet
from streams.explain.svg.timeline import timeline

_BY_CLASS: Final = ' direction="ltr" class="ltr"'
"""In place of a style in the markup, which the content policy of the pages forbids."""


def drawing_of(record: StayRecord) -> dict[str, Any] | None:
    """Return what the template of the drawing needs; None where there is nothing to draw."""
    picture = record.picture()
    if picture is None or not (picture.rows or picture.bands):
        return None
    sheet = Sheet(EDGE / 2)
    timeline(sheet, picture)
    return {
        "drawings": [
            (Markup(drawn.replace(LEFT_TO_RIGHT, _BY_CLASS)), f"0 {top} {WIDTH} {height}")  # noqa: S704 - the sheet escapes every word
            for drawn, top, height in sheet.drawings()
        ],
        "described": "; ".join(description(picture)),
        "hatching": Markup(HATCHING),  # noqa: S704 - our own constant
    }
