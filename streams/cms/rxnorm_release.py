"""
An RxNorm release, read line by line: the concepts RxNorm itself names, how they hang together, their packages.

RRF files have no header and no quotes: fields end in ``|``, 18 of them in RXNCONSO, 16 in RXNREL, 13 in RXNSAT. A relation
reads "RXCUI2 RELA RXCUI1". Most rows of a full release belong to other vocabularies, under licences of their own: only
rows of ``SAB=RXNORM`` that are not suppressed are looked at, and what is kept grows with RxNorm's own concepts, some
200,000, not with the millions of rows of the files.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from rules.formulary.crosswalks import TERM_TYPES
from streams.cms.published_day import rxnorm_release
from streams.cms.published_file import Publication, PublishedFile, published
from streams.cms.refusal import RefreshRefusedError

CONCEPTS: Final = "RXNCONSO.RRF"
RELATIONS: Final = "RXNREL.RRF"
ATTRIBUTES: Final = "RXNSAT.RRF"
FIELDS: Final = {CONCEPTS: 18, RELATIONS: 16, ATTRIBUTES: 13}

KEPT_TYPES: Final = TERM_TYPES | {"DF", "DFG"}

RELATED: Final = frozenset(
    {
        *("has_ingredient", "has_ingredients", "has_precise_ingredient", "consists_of", "has_dose_form"),
        *("has_doseformgroup", "tradename_of", "form_of", "has_part", "contains", "isa"),
    }
)
"""Relations that lead from a drug to what it is made of."""

INVERSE: Final = {
    "ingredient_of": "has_ingredient",
    "ingredients_of": "has_ingredients",
    "precise_ingredient_of": "has_precise_ingredient",
    "constitutes": "consists_of",
    "dose_form_of": "has_dose_form",
    "doseformgroup_of": "has_doseformgroup",
    "has_tradename": "tradename_of",
    "has_form": "form_of",
    "part_of": "has_part",
    "contained_in": "contains",
    "inverse_isa": "isa",
}

_OWN: Final = b"|RXNORM|"
_NDC: Final = b"|NDC|RXNORM|"
_DIGITS: Final = 11
_QUARTER: Final = timedelta(days=92)


class Concept(NamedTuple):
    """A concept of RxNorm's own: its term type and its name."""

    tty: str
    name: str


class RxNormRelease(NamedTuple):
    """The concepts of a release by identifier, and from each, by relation, the concepts it leads to."""

    concepts: dict[int, Concept]
    leads: dict[str, dict[int, tuple[int, ...]]]
    released: date

    def to(self, relation: str, rxcui: int, *types: str) -> tuple[int, ...]:
        """Return the concepts of some term types that a relation leads to, in the order of their identifiers."""
        found = self.leads.get(relation, {}).get(rxcui, ())
        return tuple(one for one in found if self.concepts[one].tty in types)


def read_release(path: Path, on: date) -> RxNormRelease:
    """
    Return RxNorm's own concepts and relations of a release, from its folder or its archive.

    Raises:
        RefreshRefusedError: a file is missing, cut off, of another layout, no UTF-8, or of another quarter.

    """
    with published(path) as release:
        released = _released(path, release, on)
        with _opened(release, CONCEPTS) as file:
            concepts = dict(_concepts(file))
        if not concepts:
            raise RefreshRefusedError([f"{release.name}: {CONCEPTS} has no concept of RxNorm's own."])
        with _opened(release, RELATIONS) as file:
            leads = _relations(file, concepts)
    if not leads:
        raise RefreshRefusedError([f"{release.name}: {RELATIONS} relates none of RxNorm's own concepts."])
    return RxNormRelease(concepts, leads, released)


def read_packages(path: Path, wanted: Collection[int]) -> tuple[tuple[str, str], ...]:
    """
    Return the National Drug Code and the concept of every package of the wanted concepts, sorted; once a code.

    Raises:
        RefreshRefusedError: RXNSAT is missing, cut off, of another layout or no UTF-8.

    """
    packages: dict[str, str] = {}
    with published(path) as release, _opened(release, ATTRIBUTES) as file:
        for _, cells in _fields(file, ATTRIBUTES, _NDC):
            digits = cells[10]
            kept = cells[11] in {"", "N"} and cells[0].isdigit() and int(cells[0]) in wanted
            if kept and len(digits) == _DIGITS and digits.isdigit():
                packages.setdefault(digits, cells[0])
    return tuple(sorted(packages.items()))


def _released(path: Path, release: Publication, on: date) -> date:
    names = [*(part for part in reversed(path.absolute().parts)), *release.members[:1]]
    found = next((day for name in names if (day := rxnorm_release(name)) is not None), on)
    if not on <= found < on + _QUARTER:
        raise RefreshRefusedError([f"{release.name}: is the release of {found}, not of the quarter of {on}."])
    return found


@contextmanager
def _opened(release: Publication, name: str) -> Iterator[PublishedFile]:
    """Open a file of the release; of the whole and the prescribable one in an archive, the whole."""
    found = [one for one in release.members if one.rpartition("/")[2].upper() == name]
    if not found:
        raise RefreshRefusedError(
            [f"{release.name}: has no {name}; give the release's folder or its archive."]
        )
    with release.open(min(found, key=lambda one: ("prescribe/" in one.lower(), len(one), one))) as file:
        yield file


def _fields(file: PublishedFile, name: str, holding: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that hold some bytes, taken apart; every row must have the layout's number of fields."""
    count = FIELDS[name]
    for number, raw in file.raw_lines():
        if (bars := raw.count(b"|")) != count:
            what = f"has {bars} fields where {name} has {count}; is it another file, or cut off?"
            raise file.fault(number, what)
        if holding in raw:
            yield number, file.text(number, raw, "utf-8").split("|")


def _identifier(file: PublishedFile, number: int, name: str, cell: str) -> int:
    if not (cell.isascii() and cell.isdecimal()):
        raise file.fault(number, f"field {name!r}: must be a number; is it RxNorm's file?")
    return int(cell)


def _concepts(file: PublishedFile) -> Iterator[tuple[int, Concept]]:
    for number, cells in _fields(file, CONCEPTS, _OWN):
        source, tty, suppressed = cells[11], cells[12], cells[16]
        if source == "RXNORM" and tty in KEPT_TYPES and suppressed in {"", "N"}:
            yield _identifier(file, number, "RXCUI", cells[0]), Concept(tty, cells[14])


def _relations(file: PublishedFile, concepts: dict[int, Concept]) -> dict[str, dict[int, tuple[int, ...]]]:
    leads: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for number, cells in _fields(file, RELATIONS, _OWN):
        if not cells[0] or not cells[4] or cells[10] != "RXNORM" or cells[14] not in {"", "N"}:
            continue
        relation = INVERSE.get(cells[7], cells[7])
        if relation not in RELATED:
            continue
        first = _identifier(file, number, "RXCUI1", cells[0])
        second = _identifier(file, number, "RXCUI2", cells[4])
        start, end = (second, first) if cells[7] in RELATED else (first, second)
        forms = relation == "isa" and concepts.get(start, ("",))[0] != "DF"
        if start in concepts and end in concepts and not forms:
            leads[relation][start].add(end)
    return {
        relation: {start: tuple(sorted(ends)) for start, ends in of_relation.items()}
        for relation, of_relation in leads.items()
    }
