"""
Screens each administration once: routes it out, bundles, refuses or flags it, or makes it a codable one.

The order is the rulebook's (section 11.3, steps 1 to 5) and it matters: an administration that is included in
another service needs no times, one with a class needs an order, a timed one needs documentation, then the window.
"""

from collections.abc import Sequence
from functools import cached_property

from models.charge import NotBilled
from models.encounter import Administration
from models.interval import clip, whole_minutes
from rules.formulary.lookup import Entry, lookup, substance
from rules.formulary.routes import OUTSIDE, ChartedRoute, read_route
from rules.screening.bag_chains import with_chained_bags
from rules.screening.bundles import CARRIER, KEEP_OPEN, included_by_intent, procedure_windows
from rules.screening.carriers import carrier_orders, note_ceiling, only_keeps_open
from rules.screening.classes import INCLUDED, INTEGRAL, Classified, classify_known
from rules.screening.documentation import (
    NOTHING_BEGAN,
    contradicted,
    infused_into_muscle,
    resolve_times,
    stretches_of,
)
from rules.screening.elsewhere import given_elsewhere
from rules.screening.missing_stops import hold_without_stop
from rules.screening.outside import outside
from rules.screening.placing import place
from rules.screening.plausibility import plausible
from rules.screening.ports import PortFlush, flushes_port
from rules.screening.procedure_links import refuse_linked
from rules.screening.procedures import SEDATED, begun_inside, sedates, uncertain
from rules.screening.pump_records import with_pump_records
from rules.screening.screened import Screened
from rules.screening.technique import flowed_as_push, technique_of
from rules.screening.unknown_drug import unknown_drug
from rules.screening.window import NOT_GIVEN, inside_window, keep_window
from rules.worksheet.codable import CodableAdministration, unread
from rules.worksheet.context import Context

NO_DRUG = frozenset({"carrier", "flush", "kvo"})
"""Intents of fluid that carries or follows a drug and is no drug itself."""

_UNAUTHENTICATED = frozenset({"none", "unsigned"})


class Screener:
    """Screens the administrations of one encounter, one by one; ``together`` are all of them, one record each."""

    def __init__(self, context: Context, together: Sequence[Administration]) -> None:
        self._context = context
        self._sheet = context.sheet
        self._windows = procedure_windows(context.encounter)
        self._together = together
        self.screened = Screened()

    @cached_property
    def _carrier_orders(self) -> frozenset[str]:
        return carrier_orders(self._together, self._context)  # only a fluid asks for them

    def screen_one(self, charted: Administration) -> None:
        """Put one administration where it belongs: refused or flagged on the sheet, or with those to be coded."""
        sheet = self._sheet
        if charted.drug is None and charted.given_at is None:
            sheet.flag("F-MISSING_START", [unread(charted)], NOTHING_BEGAN)
            self._flows_alongside(charted, None)
            return
        read = read_route(charted.route)
        if read is None:
            sheet.flag("F-UNLISTED", [unread(charted)], "The route is not one this release knows.")
            return
        if read.route == OUTSIDE:
            sheet.refused.append(outside(charted, read))
            return
        if charted.procedure_id is not None and refuse_linked(unread(charted), self._context):
            self._flows_alongside(charted, self._kind(charted))
            return
        known = self._known(charted)
        if charted.intent != "procedure" and known is not None and self._belongs_elsewhere(charted, known):
            return
        intended = included_by_intent(charted) if charted.intent is not None else None
        if intended is not None:
            self._included(charted, intended[0].refuses(charted.administration_id, intended[1]))
            return
        classified = classify_known(charted, known, read.route, sheet.policy, self._context.on)
        if classified is None:
            why = unknown_drug(charted.drug, self._context.on, charted.indication)
            sheet.ask("F-CLASS_UNKNOWN", [unread(charted)], *why)
            self._flows_alongside(charted, None)
        elif isinstance(classified, NotBilled):
            self._included(charted, classified)
        else:
            self._classified(charted, read, classified)

    def _included(self, charted: Administration, refused: NotBilled) -> None:
        """Refuse what is part of another service, and ask where that is not certain."""
        sheet, known = self._sheet, self._known(charted)
        kind = known.billing_class if known is not None else None
        if flushes_port(charted, kind, self._context.encounter):
            self.screened.port_flushes.append(PortFlush(unread(charted), refused))
            return
        self._flows_alongside(charted, kind)
        asked = kind == "anesthetic" and refused.rule == INTEGRAL.id and charted.intent != "procedure"
        if asked and known is not None:
            says = uncertain(charted, known.ingredient, self._windows, self._context.on)
            if says is not None:
                sheet.block("F-PROCEDURE_WINDOW", [unread(charted)], says)
        if charted.administration_id not in sheet.struck:
            sheet.refused.append(refused)

    def _belongs_elsewhere(self, charted: Administration, known: Entry) -> bool:
        """Refuse or hold a drug whose giving is a procedure of its own; tell whether it is one."""
        elsewhere = given_elsewhere(charted, known.ingredient, self._context.on)
        if elsewhere is None:
            return False
        if elsewhere.refused is None:
            self._sheet.block("F-THROMBOLYSIS", [unread(charted)], elsewhere.says)
        else:
            self._sheet.refused.append(elsewhere.refused)
            if elsewhere.flagged:
                self._sheet.flag("F-THROMBOLYSIS", [unread(charted)], elsewhere.says)
        self._flows_alongside(charted, self._kind(charted))
        return True

    def _known(self, charted: Administration) -> Entry | None:
        """Return what the formulary says of the drug, or None for a drug it does not know."""
        return lookup(charted.drug, self._context.on) if charted.drug is not None else None

    def _kind(self, charted: Administration) -> str | None:
        """Return the billing class the formulary gives the drug, or None for a drug it does not know."""
        known = self._known(charted)
        return known.billing_class if known is not None else None

    def _flows_alongside(self, charted: Administration, kind: str | None) -> None:
        """Remember flow that stops hydration, such as blood or a procedure's drugs; carriers and flushes do not."""
        flowed = charted.technique in {"infusion", "prolonged_pump"}
        if not flowed or kind in {"hydration", "flush"} or charted.intent in NO_DRUG:
            return
        if flows := stretches_of(charted.flows or charted.pump_flows, self._sheet.policy.rounding):
            self.screened.alongside.append((charted.site_id, flows))

    def flows_of_decided(self, charted: Administration) -> None:
        """Remember the flow of a drug into a vein that a person decided on."""
        read = read_route(charted.route)
        if read is not None and read.route in {"IV", None}:
            self._flows_alongside(charted, self._kind(charted))

    def _classified(self, charted: Administration, read: ChartedRoute, classified: Classified) -> None:
        sheet, route = self._sheet, read.route
        if route == "IM" and infused_into_muscle(charted, route, sheet, self._context.limits):
            says = "An infusion is charted into muscle."
            sheet.flag("F-ROUTE_CONFLICT", [unread(charted)], says, route="IM")
            return
        sheet.decided_by(classified.switch, [charted.administration_id] if classified.switch else [])
        assumed = route is None
        technique = technique_of(charted, read)
        if route is None:
            route = "IM" if technique in {"injection", "on_body_injector"} else "IV"
        name = charted.administration_id
        drug = charted.drug
        mix = (
            classified.entry.ingredient
            if drug is None or not drug.ingredients
            else substance(drug, self._context.on)
        )
        administration = CodableAdministration(
            name, charted, classified.family, mix, classified.entry.pushable, technique, route
        )
        if classified.unclear is not None:
            sheet.flag("F-HYD_NECESSITY", [administration], classified.unclear)
            self._flows_alongside(charted, classified.family)
            return
        if classified.family == "hydration" and self._fluid_refused(administration):
            return
        if charted.order_status in _UNAUTHENTICATED and self._struck_for_its_order(administration):
            return
        settle = self._timed if administration.technique in {"infusion", "pca"} else self._momentary
        if not settle(administration):
            if route == "IV" and (not administration.flows or technique == "prolonged_pump"):
                self._flows_alongside(charted, classified.family)
            return
        if assumed:
            administration.evidence = "assumed"
            sheet.flag("F-ASSUMED", [administration], f"No route is charted: taken for {route}.")
        self._confirm(administration, read, classified)
        if not sheet.struck or not self._struck(administration):
            place(administration, self.screened)

    def _struck_for_its_order(self, administration: CodableAdministration) -> bool:
        """Flag what nobody ordered or signed; tell whether a person decided that it is not billed."""
        nobody = administration.charted.order_status == "none"
        self._sheet.flag("F-NO_ORDER" if nobody else "F-UNSIGNED_ORDER", [administration])
        return self._struck(administration)

    def _struck(self, administration: CodableAdministration) -> bool:
        """Tell whether a person decided that it is not billed; its flow still stops hydration."""
        if administration.id not in self._sheet.struck:
            return False
        if administration.route == "IV":
            self._flows_alongside(administration.charted, administration.family)
        return True

    def _fluid_refused(self, administration: CodableAdministration) -> bool:
        """Refuse fluid that is a carrier, a flush, or only keeps a line open."""
        sheet, charted = self._sheet, administration.charted
        note_ceiling(charted, sheet)
        if charted.order_id is not None and charted.order_id in self._carrier_orders:
            sheet.refuse([administration], CARRIER, "Shares its order with a drug: the drug's carrier.")
        elif administration.technique not in {"infusion", "prolonged_pump"}:
            sheet.refuse([administration], INCLUDED, "A push of plain fluid is a flush.")
        elif only_keeps_open(charted, sheet.policy):
            says = f"Ran at {sheet.policy.kvo_rate_ceiling} mL/h or less: keeps the line open."
            sheet.refuse([administration], KEEP_OPEN, says)
        else:
            return False
        return True

    def _timed(self, administration: CodableAdministration) -> bool:
        encounter, sheet, context = self._context.encounter, self._sheet, self._context
        charted = administration.charted
        begun = charted.flows or charted.pump_flows
        if not begun and charted.technique != "infusion" and charted.given_at is not None:
            hold_without_stop(administration, sheet)  # a piggyback charted as one moment
            return administration.technique == "push" and self._momentary(administration)
        if (
            begun
            and begun[0].stop is None
            and not inside_window(administration, context.instant(begun[0].start), encounter, sheet)
        ):
            return False
        if not resolve_times(administration, encounter, sheet, context.limits):
            return False
        if not administration.flows:  # a push by policy: it has a moment and no minutes
            return self._momentary(administration)
        administration.at = administration.flows[0][0]
        flows_charted = administration.flows
        kept = keep_window(administration, context)
        clipped = administration.flows != flows_charted
        kept = kept and plausible(administration, sheet, context.limits, clipped=clipped)
        if (clipped or not kept) and administration.family != "hydration" and administration.route == "IV":
            self.screened.alongside.append((charted.site_id, flows_charted))
        return kept

    def _momentary(self, administration: CodableAdministration) -> bool:
        charted, sheet, context = administration.charted, self._sheet, self._context
        if charted.given_at is None:
            sheet.flag("F-MISSING_START", [administration], "When it was given is not charted.")
            return False
        if charted.faults and contradicted(administration, sheet):
            return False
        administration.at = context.instant(charted.given_at)
        if administration.technique == "prolonged_pump":
            administration.flows = stretches_of(charted.flows or charted.pump_flows, sheet.policy.rounding)
            end = context.encounter.departed_at
            if end is not None:
                administration.flows = clip(administration.flows, None, context.instant(end))
        elif charted.flows and administration.evidence != "assumed":
            administration.flows = stretches_of(charted.flows, sheet.policy.rounding)
        administration.minutes = whole_minutes(administration.flows)
        return keep_window(administration, context)

    def _confirm(
        self, administration: CodableAdministration, read: ChartedRoute, classified: Classified
    ) -> None:
        """Raise what a person should know about an administration that will be coded."""
        sheet, charted = self._sheet, administration.charted
        if read.technique == "push" and flowed_as_push(
            charted, read, administration.minutes, self._context.limits.infusion
        ):
            says = f"Charted by the route of a push, and flowed for {administration.minutes} minutes."
            sheet.block("F-IMPLAUSIBLE_PUSH", [administration], says, minutes=administration.minutes)
        if classified.undocumented_complexity:
            sheet.flag("F-COMPLEXITY_DOC", [administration])
        if classified.unverified:
            sheet.flag("F-UNVERIFIED", [administration])
        if charted.procedure_id is not None or not self._windows:
            return  # the link says what it was part of, whatever the times say
        if sedates(charted, classified.entry.ingredient, self._windows, self._context.on):
            sheet.block("F-PROCEDURE_WINDOW", [administration], SEDATED)
        elif begun_inside(charted, self._windows):
            sheet.flag("F-PROCEDURE_WINDOW", [administration])


def screen_all(context: Context, decided: frozenset[str]) -> Screened:
    """Return the codable administrations; ``context.sheet`` holds the others. What a person decided on only flows."""
    given = context.encounter.administrations
    settled = [one for one in given if one.administration_id in decided] if decided else []
    asked = [one for one in given if one.administration_id not in decided] if decided else given
    together = with_chained_bags(with_pump_records(asked, context), context)
    screener = Screener(context, [*together, *settled])
    for name in context.encounter.voided:
        context.sheet.refused.append(NOT_GIVEN.refuses(name, "Entered in error, refused or not given."))
    for charted in settled:
        screener.flows_of_decided(charted)
    for charted in together:
        screener.screen_one(charted)
    return screener.screened
