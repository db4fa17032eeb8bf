"""Runs the claim edits on the finished lines; a violation holds the set and leaves the line as it is (R-EDIT)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple, get_args

from models.build import build
from models.charge import ChargeLine, Flag
from models.field import Setting
from rules.coding.modifiers import BYPASSING, INITIALS, PROVEN_PAIR, clashing_pairs, proven_apart
from rules.coding.pumps import PUMP_STARTS
from rules.flags import FLAGS
from rules.parameter import NotInForceError
from rules.policy.resolve import Policy
from rules.rule import Rule
from rules.site_folder import cached_by_site
from rules.tables.code_dates import not_a_code_yet
from rules.tables.lookup import Book, addon_primaries, mue, ptp_edition
from rules.tables.unchanged import unchanged_since
from rules.worksheet.sheet import Earned

EDITS = Rule("R-EDIT", "Add-ons need a primary, units a limit, pairs a reason.", ("NCCI11",), "A")

RULES = (EDITS,)

UNDER_THE_SKIN: Final = "96369"
"""RAC topic 0071 counts it among the initial services, so an initial beside it is questioned (R-INIT-1)."""
INFUSED: Final = frozenset({"96365", "96366", "96367", "96368", "96413", "96415", "96417", "96422", "96423"})
"""Codes of infusions that ran here; a pump's start does not stand beside one of its own drug."""


_NO_DRUGS: Final[frozenset[str]] = frozenset()
_BOOKS: Final[tuple[Book, ...]] = get_args(Book)


class ClaimLine(NamedTuple):
    """
    What the edits see of a charge line: neither its administrations nor its minutes.

    ``drugs`` are the substances given, filled only on a claim with the start of a pump. ``proven`` tells that the line's
    modifier stands on another route than its pairs' (R-MOD-3), and says nothing of a pair where that is not so.
    """

    code: str
    units: int
    modifiers: tuple[str, ...]
    on: date
    drugs: frozenset[str] = frozenset()
    proven: bool = False

    @property
    def plain(self) -> bool:
        """Tell whether no modifier sets the line apart."""
        return BYPASSING.isdisjoint(self.modifiers)


class EditSettings(NamedTuple):
    """What a policy decides about the edits: the tables' setting, the add-on list, one initial a stay or a date."""

    setting: Setting
    book: Book
    per_date: bool


class EditViolation(NamedTuple):
    """One edit violated: the flag, the places of the lines it concerns, the sentence and its figures."""

    flag: str
    lines: tuple[int, ...]
    says: str
    facts: tuple[tuple[str, str | int], ...] = ()


def _primaries_missing(claim: Sequence[ClaimLine], settings: EditSettings) -> Iterable[EditViolation]:
    codes = {line.code for line in claim}
    dated = {(line.code, line.on) for line in claim}
    for place, (code, _, _, on, *_) in enumerate(claim):
        primaries = addon_primaries(settings.book, on).get(code)
        if primaries is None:
            continue
        present = primaries & codes
        if not present:
            says = f"{code} needs one of {', '.join(sorted(primaries))} in the encounter."
            yield EditViolation("F-ADDON_PRIMARY", (place,), says, (("code", code),))
        elif settings.setting == "office" and not any((primary, on) in dated for primary in present):
            says = f"{code} stands on {on.isoformat()} without its primary code."
            yield EditViolation("F-ADDON_DATE", (place,), says, (("code", code),))


def codes_by_list(codes: frozenset[str], on: date) -> frozenset[str]:
    """Return the add-on codes that stand by one list of primaries and not by the other (P-22)."""
    return _codes_by_list(codes, unchanged_since(on))


@cached_by_site(maxsize=4096)
def _codes_by_list(codes: frozenset[str], on: date) -> frozenset[str]:
    try:
        books = [addon_primaries(book, on) for book in _BOOKS]
    except NotInForceError:
        return frozenset()
    stands = [{code for code in codes if code not in book or book[code] & codes} for book in books]
    return frozenset(stands[0] ^ stands[1])


def _units_over(claim: Sequence[ClaimLine], settings: EditSettings) -> Iterable[EditViolation]:
    totals: dict[tuple[date, str], list[int]] = {}
    for place, line in enumerate(claim):
        totals.setdefault((line.on, line.code), []).append(place)
    for (on, code), places in totals.items():
        limit = mue(code, settings.setting, on)
        units = sum(claim[place].units for place in places)
        if limit is not None and units > limit.value:
            edition = limit.effective.isoformat()
            says = (
                f"{units} unit{'s' if units != 1 else ''} of {code} on {on.isoformat()}; the edit allows {limit.value} "
                f"{_ADJUDICATED[limit.mai]} (MUE adjudication indicator {limit.mai}, edition of {edition})."
            )
            facts = (("code", code), ("units", units), ("limit", limit.value), ("indicator", limit.mai))
            yield EditViolation("F-MUE", tuple(places), says, (*facts, ("edition", edition)))


_ADJUDICATED: Final[Mapping[int, str]] = {
    1: "a claim line",
    2: "a date of service, whatever the record says",
    3: "a date of service, unless a review of the record allows more",
}
"""What the limit counts, by its adjudication indicator."""


def _why_no_modifier(column1: str, column2: str) -> str:
    """Return why no modifier was attached to a pair that one could part; other drugs and times need a person."""
    if proven_apart(column1, column2):
        return f"their routes differ, but a modifier would part {column2} from another code too"
    return "neither route nor site parts them, and on another drug or time alone a person sets the modifier"


def _pairs_clashing(claim: Sequence[ClaimLine], settings: EditSettings) -> Iterable[EditViolation]:
    by_date: dict[date, dict[str, list[int]]] = {}
    for place, line in enumerate(claim):
        by_date.setdefault(line.on, {}).setdefault(line.code, []).append(place)
    for on, codes in by_date.items():
        for column1, column2, indicator in clashing_pairs(frozenset(codes), settings.setting, on):
            sides = (codes[column1], codes[column2])
            if indicator == 1 and _parted(claim, sides, apart=proven_apart(column1, column2)):
                continue
            why = "no modifier can part them" if indicator == 0 else _why_no_modifier(column1, column2)
            edition = ptp_edition((column1, column2), settings.setting, on).isoformat()
            says = (
                f"{column2} is bundled into {column1} on {on.isoformat()}; {why} "
                f"(NCCI modifier indicator {indicator}, edition of {edition})."
            )
            facts = (
                ("column1", column1),
                ("column2", column2),
                ("indicator", indicator),
                ("edition", edition),
            )
            yield EditViolation("F-NCCI", (*sides[0], *sides[1]), says, facts)


def _parted(claim: Sequence[ClaimLine], sides: tuple[list[int], list[int]], *, apart: bool) -> bool:
    """Tell whether a modifier on every line of one side parts a pair: column 2's own, or one that speaks of this pair."""
    first, second = ([claim[place] for place in side] for side in sides)
    return not any(line.plain for line in second) or not any(
        line.plain or (line.proven and not apart) for line in first
    )


def _initials_unsupported(claim: Sequence[ClaimLine], settings: EditSettings) -> Iterable[EditViolation]:
    for scope in sorted({line.on for line in claim}) if settings.per_date else [None]:
        here = [place for place, line in enumerate(claim) if scope is None or line.on == scope]
        initials = [place for place in here if claim[place].code in INITIALS]
        plain = [place for place in initials if claim[place].plain]
        beside = [place for place in here if claim[place].code == UNDER_THE_SKIN]
        if sum(claim[place].units for place in plain) > 1 or (beside and initials):
            places = tuple(sorted({*plain, *beside} if beside and plain else {*initials, *beside}))
            says = f"Initial services: {', '.join(claim[place].code for place in places)}; RAC topic 0071, on professional claims, allows one."
            yield EditViolation("F-MULTI_INITIAL", places, says, (("initials", len(places)),))


def _infused_and_pumped(claim: Sequence[ClaimLine], _: EditSettings) -> Iterable[EditViolation]:
    """Yield each pump start beside an infusion of its own drug; a push of it is the bolus before the pump."""
    for place, line in enumerate(claim):
        if line.code not in PUMP_STARTS:
            continue
        infused = [
            other
            for other, beside in enumerate(claim)
            if beside.code in INFUSED and not line.drugs.isdisjoint(beside.drugs)
        ]
        if infused:
            codes = ", ".join(dict.fromkeys(claim[other].code for other in infused))
            says = f"{line.code} starts a pump with the drug already infused under {codes}: one of them is reported."
            yield EditViolation("F-MULTI_INITIAL", (place, *infused), says, (("code", line.code),))


def _not_yet_codes(claim: Sequence[ClaimLine], _: EditSettings) -> Iterable[EditViolation]:
    """Yield each line whose code did not exist on its date, with the code that stood then."""
    for place, line in enumerate(claim):
        if says := not_a_code_yet(line.code, line.on):
            yield EditViolation("F-NOT_IN_FORCE", (place,), says, (("code", line.code),))


CHECKS: tuple[Callable[[Sequence[ClaimLine], EditSettings], Iterable[EditViolation]], ...] = (
    _not_yet_codes,
    _primaries_missing,
    _units_over,
    _pairs_clashing,
    _initials_unsupported,
    _infused_and_pumped,
)


@cached_by_site(maxsize=32768)
def violations(claim: tuple[ClaimLine, ...], settings: EditSettings) -> tuple[EditViolation, ...]:
    """Return the edits a claim violates, in the order they are run; cached, for the same claims come up often."""
    violated: list[EditViolation] = []
    try:
        for check in CHECKS:
            violated += check(claim, settings)
    except NotInForceError as error:
        says = f"A claim edit cannot be run: {error}"
        violated.append(EditViolation("F-NOT_IN_FORCE", tuple(range(len(claim))), says))
    return tuple(violated)


def _claim_lines(
    lines: Sequence[ChargeLine], earned: Sequence[Earned], on: date | None = None
) -> tuple[ClaimLine, ...]:
    """Return what the edits see of these lines, on their own dates or all on another."""
    claim = [
        build(
            ClaimLine,
            (
                line.code,
                line.units,
                line.modifiers,
                on or line.service_date,
                _NO_DRUGS,
                bool(line.modifiers) and any(reason.rule == PROVEN_PAIR.id for reason in line.reasons),
            ),
        )
        for line in lines
    ]
    if PUMP_STARTS.isdisjoint({line.code for line in lines}):
        return tuple(claim)
    drugs = {given.id: given.substance for entry in earned for given in entry.administrations}
    return tuple(
        seen._replace(drugs=frozenset(drugs[name] for name in line.administration_ids if name in drugs))
        for seen, line in zip(claim, lines, strict=True)
    )


def violated(
    lines: Sequence[ChargeLine], policy: Policy, earned: Sequence[Earned] = ()
) -> list[tuple[EditViolation, Flag]]:
    """Return the edits these lines, by date, violate, each with its flag; ``earned`` is what they were added up from."""
    settings = build(
        EditSettings, (policy.setting, policy.add_on_primary_list, policy.initial_reset == "calendar_day")
    )
    on = lines[0].service_date
    if on == lines[-1].service_date and not violations(
        _claim_lines(lines, earned, unchanged_since(on)), settings
    ):
        return []  # nor on any other day of the stretch: so most claims are run once a stretch, not once a day
    claim = _claim_lines(lines, earned)
    found = []
    for violation in violations(claim, settings):
        ids = dict.fromkeys(name for place in violation.lines for name in lines[place].administration_ids)
        flag = FLAGS[violation.flag].on(tuple(ids), violation.says, **dict(violation.facts))
        found.append((violation, flag))
    return found
