"""
Each administration, looked at once: routed out, bundled, refused, flagged, or made a course to be coded.

Order matters and is the rulebook's (section 11.3, steps 1 to 5): what is included in something else needs
no times; what has a class needs an order; what is timed needs documentation, then the window.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from models.charge import NotBilled
from models.encounter import Administration, Encounter
from models.interval import Stretch, clip, length
from rules.bundles import CARRIER, KEEP_OPEN, included_by_intent, procedure_windows
from rules.charted_words import route_of
from rules.classes import FLUSH, INCLUDED, SELF_GIVEN, Classified, classify
from rules.context import Context
from rules.course import Course, Way
from rules.documentation import FAULT_FLAGS, minutes_of, plausible, settle_times
from rules.formulary import lookup, substance
from rules.policy import Policy
from rules.unknown_drug import unknown_drug
from rules.window import NOT_GIVEN, inside_window, keep_window

NO_DRUG = frozenset({"carrier", "flush", "kvo"})
"""Intents of a flow that drives or follows a drug and is none itself."""

CAVITIES = frozenset({"IT", "INTRAVENTRICULAR", "INTRAPLEURAL", "INTRAPERITONEAL", "INTRALESIONAL"})


@dataclass(slots=True)
class Intake:
    """The courses of an encounter, by the table that codes them."""

    infusions: list[Course] = field(default_factory=list)
    pushes: list[Course] = field(default_factory=list)
    fluids: list[Course] = field(default_factory=list)
    injections: list[Course] = field(default_factory=list)
    under_skin: list[Course] = field(default_factory=list)
    arterial_infusions: list[Course] = field(default_factory=list)
    arterial_pushes: list[Course] = field(default_factory=list)
    prolonged: list[Course] = field(default_factory=list)
    cavities: list[Course] = field(default_factory=list)
    patient_controlled: list[Course] = field(default_factory=list)
    alongside: list[tuple[str | None, list[Stretch]]] = field(default_factory=list)
    """Flow through a site that is not billed here, blood for one, but stops fluid from being hydration."""

    def courses(self) -> Iterable[Course]:
        """Yield every course there is."""
        for group in (
            self.infusions, self.pushes, self.fluids, self.injections, self.under_skin, self.arterial_infusions,
            self.arterial_pushes, self.prolonged, self.cavities, self.patient_controlled,
        ):  # fmt: skip
            yield from group


def _way(given: Administration, route: str) -> Way:
    """Return how it was given, where technique and route contradict each other in words only."""
    technique = given.technique
    if technique == "push" and route in {"SC", "IM"}:
        return "injection"
    if technique == "injection" and route in {"IV", "IA"}:
        return "push"
    if technique == "infusion" and route == "IM":
        return "injection"
    return technique


def _is_fluid(given: Administration, context: Context) -> bool:
    """Tell whether an administration is fluid as it would be coded, or a flush: no drug to carry."""
    found = classify(given, route_of(given.route), context.sheet.policy, context.on)
    if isinstance(found, Classified):
        return found.family == "hydration"
    return isinstance(found, NotBilled) and found.rule == FLUSH.id


def _carrier_orders(encounter: Encounter, context: Context) -> frozenset[str]:
    """Return the orders that hold a drug: a fluid under one of them is that drug's carrier, never hydration."""
    named = [given.order_id for given in encounter.administrations if given.order_id is not None]
    if len(set(named)) == len(named):
        return frozenset()
    orders = {order: False for order, uses in Counter(named).items() if uses > 1}
    for given in encounter.administrations:
        if given.order_id in orders and not _is_fluid(given, context):
            orders[given.order_id] = True
    return frozenset(order for order, holds_drug in orders.items() if holds_drug)


def _only_keeps_open(given: Administration, policy: Policy) -> bool:
    ceiling = policy.kvo_rate_ceiling
    if given.rates:
        return all(rate <= ceiling for _, rate in given.rates)
    return given.rate_ml_per_h is not None and given.rate_ml_per_h <= ceiling


class Admission:
    """Takes the administrations of one encounter in, one by one."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._sheet = context.sheet
        self._windows = procedure_windows(context.encounter)
        self._carrier_orders = _carrier_orders(context.encounter, context)
        self.intake = Intake()

    def admit(self, given: Administration) -> None:
        """Put one administration where it belongs, on the sheet or in the intake."""
        sheet = self._sheet
        route = route_of(given.route)
        if given.route is not None and route is None:
            sheet.flag("F-UNLISTED", [_unread(given)], "The route is not one this release knows.")
            return
        if route == "OUTSIDE":
            sheet.refused.append(SELF_GIVEN.refuses(given.administration_id))
            return
        intended = included_by_intent(given)
        if intended is not None:
            sheet.refused.append(intended[0].refuses(given.administration_id, intended[1]))
            self._flows_alongside(given, self._kind(given))
            return
        found = classify(given, route, sheet.policy, self._context.on)
        if found is None:
            sheet.ask("F-CLASS_UNKNOWN", [_unread(given)], *unknown_drug(given.drug, self._context.on))
            self._flows_alongside(given, None)
        elif isinstance(found, NotBilled):
            sheet.refused.append(found)
            self._flows_alongside(given, self._kind(given))
        else:
            self._classified(given, route, found)

    def _kind(self, given: Administration) -> str | None:
        """Return what the formulary calls the drug, if it knows it."""
        entry = lookup(given.drug, self._context.on) if given.drug is not None else None
        return entry.billing_class if entry is not None else None

    def _flows_alongside(self, given: Administration, kind: str | None) -> None:
        """Remember the flow of blood, of a procedure's drugs and the like; carriers and flushes stop no hydration."""
        if given.technique != "infusion" or kind in {"hydration", "flush"} or given.intent in NO_DRUG:
            return
        flows = minutes_of(given.flows or given.pump_flows, nearest=self._context.shift > 0)
        if flows:
            self.intake.alongside.append((given.site_id, flows))

    def _classified(self, given: Administration, route: str | None, found: Classified) -> None:
        sheet = self._sheet
        assumed = route is None
        way = _way(given, route or "IV") if route else given.technique
        if route is None:
            route = "IM" if way in {"injection", "on_body_injector"} else "IV"
        name = given.administration_id
        drug = given.drug
        mix = (
            found.entry.ingredient
            if drug is None or not drug.ingredients
            else substance(drug, self._context.on)
        )
        course = Course(name, given, found.family, mix, found.entry.pushable, way, route)
        if found.family == "hydration" and self._fluid_refused(course):
            return
        if given.order_status in {"none", "unsigned"}:
            sheet.flag("F-NO_ORDER" if given.order_status == "none" else "F-UNSIGNED_ORDER", [course])
        if not (self._timed(course) if course.way in {"infusion", "pca"} else self._momentary(course)):
            if route == "IV" and not course.flows:
                self._flows_alongside(given, found.family)
            return
        if assumed:
            course.evidence = "assumed"
        self._confirm(course, found)
        self._place(course)

    def _fluid_refused(self, course: Course) -> bool:
        """Refuse fluid that is a carrier, a flush, or only keeps a line open."""
        sheet, given = self._sheet, course.given
        if given.order_id is not None and given.order_id in self._carrier_orders:
            sheet.refuse([course], CARRIER, "Shares its order with a drug: the drug's carrier.")
        elif course.way not in {"infusion", "prolonged_pump"}:
            sheet.refuse([course], INCLUDED, "A push of plain fluid is a flush.")
        elif _only_keeps_open(given, sheet.policy):
            sheet.refuse(
                [course],
                KEEP_OPEN,
                f"Ran at {sheet.policy.kvo_rate_ceiling} mL/h or less: keeps the line open.",
            )
        else:
            return False
        return True

    def _timed(self, course: Course) -> bool:
        encounter, sheet, context = self._context.encounter, self._sheet, self._context
        given = course.given
        begun = given.flows or given.pump_flows
        if (
            begun
            and begun[0].stop is None
            and not inside_window(course, context.minute(begun[0].start), encounter, sheet)
        ):
            return False
        if not settle_times(course, encounter, sheet, context.limits):
            return False
        if not course.flows:  # a push by policy: it has a moment and no minutes
            return self._momentary(course)
        course.at = course.flows[0][0]
        charted = course.flows
        kept = keep_window(course, encounter, sheet)
        clipped = course.flows != charted
        kept = kept and plausible(course, sheet, context.limits, clipped=clipped)
        if (clipped or not kept) and course.family != "hydration" and course.route == "IV":
            self.intake.alongside.append((given.site_id, charted))
        return kept

    def _momentary(self, course: Course) -> bool:
        given, sheet, context = course.given, self._sheet, self._context
        if given.given_at is None:
            sheet.flag("F-MISSING_START", [course], "When it was given is not charted.")
            return False
        for fault in given.faults:
            if fault != "no_duration":
                flag, says = FAULT_FLAGS[fault]
                sheet.flag(flag, [course], says)
                return False
        course.at = context.minute(given.given_at)
        if course.way == "prolonged_pump":
            course.flows = minutes_of(given.flows or given.pump_flows, nearest=context.shift > 0)
            end = context.encounter.departed_at
            if end is not None:
                course.flows = clip(course.flows, None, context.minute(end))
        elif course.evidence != "assumed":
            course.flows = minutes_of(given.flows, nearest=context.shift > 0)
        course.minutes = length(course.flows)
        return keep_window(course, context.encounter, sheet)

    def _confirm(self, course: Course, found: Classified) -> None:
        """Raise what a person should know about a course that will be coded."""
        sheet, given = self._sheet, course.given
        if found.undocumented_complexity:
            sheet.flag("F-COMPLEXITY_DOC", [course])
        if found.unverified:
            sheet.flag("F-UNVERIFIED", [course])
        at = given.given_at
        if (
            self._windows
            and at is not None
            and any(start <= at and (end is None or at < end) for start, end in self._windows)
        ):
            sheet.flag("F-PROCEDURE_WINDOW", [course])

    def _place(self, course: Course) -> None:
        intake = self.intake
        way, route = course.way, course.route
        if route in CAVITIES:
            intake.cavities.append(course)
        elif way == "prolonged_pump":
            intake.prolonged.append(course)
        elif way == "pca":
            intake.patient_controlled.append(course)
        elif way in {"injection", "on_body_injector"} or course.family in {"rsv", "hormonal"}:
            intake.injections.append(course)
        elif route == "SC":
            intake.under_skin.append(course)
        elif route == "IA":
            (intake.arterial_pushes if way == "push" else intake.arterial_infusions).append(course)
        elif course.family == "hydration":
            intake.fluids.append(course)
        else:
            (intake.pushes if way == "push" else intake.infusions).append(course)


def _unread(given: Administration) -> Course:
    """Return a stand-in for an administration no family is known of, to name it in a flag."""
    return Course(given.administration_id, given, "therapeutic", "", "unknown", given.technique, "")


def take_in(context: Context, decided: frozenset[str]) -> Intake:
    """Return the encounter's courses; what earns no line is already on the sheet."""
    admission = Admission(context)
    for name in context.encounter.voided:
        context.sheet.refused.append(NOT_GIVEN.refuses(name, "Entered in error, refused or not given."))
    for given in context.encounter.administrations:
        if given.administration_id not in decided:
            admission.admit(given)
    return admission.intake
