"""
What the chart must hold for each code: the checklist of R-DOC-1, with the rule behind each item and what its lack does.

For readers: code pages, ``explain``, letters and review share it. Which codes an item belongs to follows from what the
code is (``codes.toml``); what its lack does, from the weight of the flags that ask for it.
"""

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from models.encounter import AccessSite, Administration
from rules.catalogue.codes import Code, code_on
from rules.flags import FLAGS

State = Literal["told", "lacking", "untold", "apart"]
"""Charted; not charted; no event can say it, so that a person looks in the chart; not asked of this administration."""

_SECOND: Final = 2
"""Accesses from which on there is a second one."""

Look = Callable[[Administration, tuple[AccessSite, ...]], State]


class ChartItem(NamedTuple):
    """
    One thing the chart must hold.

    ``rules`` ask for it, ``flags`` are raised where it is missing; ``belongs`` tells whether a code asks for it and
    ``look`` whether an administration has it.
    """

    id: str
    asks: str
    rules: tuple[str, ...]
    flags: tuple[str, ...]
    belongs: Callable[[Code], bool]
    look: Look


def _known(value: object) -> State:
    return "lacking" if value is None or value == "" else "told"


def _order(given: Administration, _: tuple[AccessSite, ...]) -> State:
    unsigned = given.order_status in {"unsigned", "none"}
    return "lacking" if unsigned else _known(given.order_id or given.order_status)


def _drug(given: Administration, _: tuple[AccessSite, ...]) -> State:
    return _known(given.drug and (given.drug.name or given.drug.code or given.drug.ingredients))


def _dose(given: Administration, _: tuple[AccessSite, ...]) -> State:
    return _known(given.dose_unit if given.dose is not None else None)


def _access(given: Administration, sites: tuple[AccessSite, ...]) -> State:
    return "apart" if given.site_id is None and len(sites) < _SECOND else _known(given.site_id)


def _start(given: Administration, _: tuple[AccessSite, ...]) -> State:
    return _known(given.flows[0].start if given.flows else given.given_at)


def _stop(given: Administration, _: tuple[AccessSite, ...]) -> State:
    return _known(given.flows[-1].stop if given.flows else None)


def _rate(given: Administration, _: tuple[AccessSite, ...]) -> State:
    return _known(given.volume_ml if given.rate_ml_per_h is not None or given.rates else None)


def _second_access(given: Administration, sites: tuple[AccessSite, ...]) -> State:
    if len([site for site in sites if site.restart_of is None]) < _SECOND:
        return "apart"
    own = [site for site in sites if site.site_id == given.site_id]
    return "apart" if not own else _known(own[0].separate_site_reason)


def _untold(_given: Administration, _sites: tuple[AccessSite, ...]) -> State:
    return "untold"


_DEVICES: Final = frozenset({"pumps and ports"})
_FLOWING: Final = frozenset({"drug infused", "chemotherapy infused", "hydration", "infused under the skin"})
_BY_VEIN: Final = frozenset(
    {"drug infused", "chemotherapy infused", "hydration", "drug pushed", "chemotherapy pushed"}
)
_BY_PUMP: Final = frozenset({"drug by pump", "chemotherapy by pump"})


def _of_a_drug(code: Code) -> bool:
    return code.family not in _DEVICES


def _flowing(code: Code) -> bool:
    return code.family in _FLOWING or code.minutes in {"first_hour", "added_hour"}


def _hydration(code: Code) -> bool:
    return code.family == "hydration"


def _chemotherapy(code: Code) -> bool:
    return code.family.startswith("chemotherapy")


ITEMS: Final = (
    ChartItem("order", "an order, signed, for drug, dose, route and rate or duration", ("R-DOC-1",),
              ("F-NO_ORDER", "F-UNSIGNED_ORDER"), lambda _: True, _order),
    ChartItem("drug", "the drug, by a name or a code the formulary knows", ("R-DOC-1", "R-CLS-7"), ("F-CLASS_UNKNOWN",),
              _of_a_drug, _drug),
    ChartItem("dose", "the dose with its unit, from which the drug's own line is counted; held for only where drug lines are charged", ("R-DOC-1", "R-DRUG-2"),
              ("F-DRUG_DOSE",), _of_a_drug, _dose),
    ChartItem("route", "the route", ("R-DOC-1", "R-DOC-10"), ("F-ROUTE_CONFLICT",), _of_a_drug,
              lambda given, _: _known(given.route)),
    ChartItem("access", "the access it ran through, where more than one was open", ("R-DOC-1", "R-SITE-5"),
              ("F-SITE_UNKNOWN",), lambda code: code.family in _BY_VEIN, _access),
    ChartItem("start", "when it began", ("R-DOC-1", "R-DOC-4"), ("F-MISSING_START",), _flowing, _start),
    ChartItem("stop", "when it ended", ("R-DOC-1", "R-DOC-2"), ("F-MISSING_STOP", "F-STOP_CALCULATED", "F-STOP_PROXY"),
              _flowing, _stop),
    ChartItem("time", "when it was given", ("R-DOC-1", "R-DOC-4"), ("F-MISSING_START",),
              lambda code: not _flowing(code), _start),
    ChartItem("rate", "volume and rate: a missing stop is calculated from them", ("R-DOC-1", "R-DOC-3"),
              ("F-VOLUME_MISMATCH",), _flowing, _rate),
    ChartItem("planned", "how long the pump is set to run", ("R-CHEMO-6", "R-INF-8"), (),
              lambda code: code.family in _BY_PUMP, lambda given, _: _known(given.planned_minutes)),
    ChartItem("reason", "a reason for volume that is on the list", ("R-HYD-7",), ("F-HYD_NECESSITY",), _hydration,
              lambda given, _: _known(given.indication)),
    ChartItem("indication", "what it was given for", ("R-DOC-1",), (),
              lambda code: _of_a_drug(code) and not _hydration(code), lambda given, _: _known(given.indication)),
    ChartItem("complexity", "why a biologic's administration was complex, where it is no chemotherapy drug", ("R-CLS-3",),
              ("F-COMPLEXITY_DOC",), _chemotherapy, lambda *_: "apart"),
    ChartItem("second access", "why a second access was needed", ("R-SITE-1", "R-SITE-3"),
              ("F-SECOND_SITE", "F-MULTI_INITIAL"), lambda code: code.role == "initial", _second_access),
    ChartItem("who", "who gave and charted it", ("R-DOC-1", "R-DOC-7"), (), lambda _: True,
              lambda given, _: _known(given.charted_by_role)),
    ChartItem("response", "how it was tolerated, and the response", ("R-DOC-1",), (), _of_a_drug, _untold),
    ChartItem("waste", "what was left of a single-dose vial and discarded", ("R-MOD-9",), (), _of_a_drug, _untold),
)  # fmt: skip
"""In the order in which a reader looks for them. ``complexity`` is lacking where its flag stands, and nowhere else."""


@lru_cache(maxsize=4096)
def items_of(code: str, on: date) -> tuple[ChartItem, ...]:
    """Return what the chart must hold for a code on a date; nothing for one that is not charged on it."""
    known = code_on(code, on)
    return () if known is None else tuple(item for item in ITEMS if item.belongs(known))


def lack_does(item: ChartItem) -> str:
    """Return what the lack of an item does to a claim, from the weight of the flags that ask for it."""
    block, warn = (
        [flag for flag in item.flags if FLAGS[flag].severity == weight] for weight in ("block", "warn")
    )
    said = [f"{_verb(block, 'hold')} the stay until it is charted or a person decides"] if block else []
    said += [_verb(warn, "warn")] if warn else []
    if said:
        return "; ".join(said)
    if item.look is _untold:
        return "no event says it: a person looks in the chart"
    return "nothing is held; a reviewer of the record may ask for it"


def _verb(flags: list[str], verb: str) -> str:
    return f"{' and '.join(flags)} {verb}{'s' if len(flags) == 1 else ''}"
