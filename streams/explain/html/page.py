"""
Stays as one HTML page for a reader's browser and printer, from the same picture as terminal and SVG.

Everything that comes from events is escaped by the template and stripped of what turns or hides text before. The same
pictures give the same bytes.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from models.charge import ChargeLine
from models.printable import replaced
from streams.explain.beside import Beside, beside
from streams.explain.chart import ChartRow, chart_rows, untold
from streams.explain.labels import TIMES, plain
from streams.explain.letter import letter
from streams.explain.picture import Picture
from streams.explain.svg.page import description
from streams.explain.svg.sheet import HATCHING, WIDTH, Sheet
from streams.explain.svg.timeline import timeline

_HEAD: Final = 250.0
"""What the head of a stay takes of its first printed page, in units of the drawing."""
_FLAG: Final = 90.0
"""What each flag that holds it takes more, up to ``_MOST``."""
_MOST: Final = 500.0
_FOLDER: Final = Path(__file__).parent


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_seen,
    )
    environment.filters["plain"] = plain
    return environment.get_template("page.html.jinja")


def render(pictures: Iterable[Picture]) -> Iterator[str]:
    """Yield the page in parts: its head, each stay as it comes, its foot."""
    module = _template().make_module({"style": _style(), "hatching": Markup(HATCHING)})  # noqa: S704 -- our own constant
    head, foot, stay = (getattr(module, name) for name in ("head", "foot", "stay"))
    yield head()
    for number, picture in enumerate(pictures, 1):
        yield stay(letter(picture), number, _drawings, _description, _code, _chart, _drugs)
    yield foot()


def _seen(value: object) -> object:
    """Return what the template writes: our own markup as it is, any other text with nothing in it that is not seen."""
    return replaced(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _style() -> Markup:
    return Markup((_FOLDER / "page.css").read_text(encoding="utf-8"))  # noqa: S704 -- our own file


def _drawings(picture: Picture) -> list[tuple[Markup, str]]:
    """Return the timeline as drawings of at most a page, each with its view box; the first leaves room for the head."""
    if not (picture.rows or picture.bands):
        return []
    sheet = Sheet(_HEAD + min(_MOST, _FLAG * len(picture.held_by)))
    timeline(sheet, picture)
    return [(Markup(drawn), f"0 {top} {WIDTH} {height}") for drawn, top, height in sheet.drawings()]  # noqa: S704 -- the sheet escapes every word


def _description(picture: Picture) -> str:
    return "; ".join(description(picture))


def _drugs(picture: Picture) -> list[Beside]:
    return list(beside(picture))


def _code(line: ChargeLine) -> str:
    return f"{line.code} {TIMES} {line.units}"


def _chart(picture: Picture) -> tuple[tuple[ChartRow, ...], str]:
    """Return the checklists of the lines without money, which is between hospital and payer, and what no event says."""
    return chart_rows(picture.checked, picture.tags, money=False), untold(picture.checked)
