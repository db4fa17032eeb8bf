"""What was given: its billing class, the way it was given, and what is never billed whatever its times."""

from datetime import date

from second_coder_cavities import CAVITIES
from second_coder_desk import POOLED, UNKNOWN_SITE, Desk, Given
from second_coder_electrolytes import is_strong_dextrose, settle_electrolyte
from second_coder_elsewhere import settle_elsewhere
from second_coder_procedures import ask_of_an_anesthetic, ventilates
from second_coder_seconds import whole
from second_coder_sites import site_group

from models.drug import Drug
from models.encounter import Administration
from rules.formulary.lookup import Entry, lookup, on_route, substance
from rules.formulary.products import catalogue, edition
from rules.formulary.routes import OUTSIDE, read_route

IV_ROUTES = {"IV", None}
UNKNOWN_ROUTE = "a route nobody knows"
UNBILLED_CLASSES = {
    "allergen": "R-INJ-3",
    "anesthetic": "R-BUN-3",
    "blood": "R-BUN-7",
    "chemodenervation": "R-BUN-6",
    "contrast": "R-BUN-6",
    "declot": "R-BUN-6",
    "flush": "R-BUN-3",
    "own_code": "R-INJ-3",
    "radiopharmaceutical": "R-BUN-6",
    "self_administered": "R-INJ-5",
    "vaccine": "R-INJ-3",
}
NOT_CANCER = ("endometriosis", "puberty", "fibroid")
BEFORE_ANYTHING = -(10**12)
"""The start of what nobody says the start of."""


def seen(desk: Desk, administration: Administration) -> Given:
    """Return the sheet of one administration: what it is, how it was given, where."""
    drug = administration.drug
    first = min((flow.start for flow in administration.flows + administration.pump_flows), default=None)
    begun = administration.given_at if administration.given_at is not None else first
    told = begun if begun is not None else desk.encounter.arrived_at or 0
    on = desk.date_of(desk.second(told))
    entry = None if drug is None else lookup(drug, on)
    given = Given(
        administration=administration,
        kind="",
        billing="",
        substance="" if drug is None else substance(drug, on),
        pushable="unknown" if entry is None else entry.pushable,
        route=route(administration.route),
        start=BEFORE_ANYTHING if begun is None else desk.second(begun),
    )
    given.kind = kind_of(desk, given)
    given.billing = billing_class(desk, given, entry, on)
    if given.kind in {"infusion", "push", "pump", "pca"}:
        given.group = site_group(desk, given)
    if given.kind in {"pump", "pca"} and given.group == UNKNOWN_SITE:
        given.group = POOLED
    return given


def route(charted: str | None) -> str | None:
    """Return the route of the code families, OUTSIDE for one of none of them, None where none is charted (A-30)."""
    told = read_route(charted)
    return UNKNOWN_ROUTE if told is None else told.route


def kind_of(desk: Desk, given: Given) -> str:
    """Return the way of giving as the codes tell it apart."""
    technique = given.administration.technique
    if given.route in CAVITIES and technique in {"push", "injection"}:
        return "cavity"
    if technique == "pca" and desk.policy.pca_basal_rate != "infusion":
        return "pca"
    if technique in {"on_body_injector", "prolonged_pump"}:
        return {"on_body_injector": "on_body", "prolonged_pump": "pump"}[technique]
    if technique in {"push", "injection"}:
        by_route = {
            "IA": "arterial push",
            "SC": "injection",
            "IM": "injection",
            **dict.fromkeys(IV_ROUTES, "push"),
        }
    else:
        by_route = {
            "IA": "arterial infusion",
            "SC": "subcutaneous infusion",
            "IM": "injection",
            **dict.fromkeys(IV_ROUTES, "infusion"),
        }
    return by_route.get(given.route, "other")


def billing_class(desk: Desk, given: Given, entry: Entry | None, on: date) -> str:
    """Return HYD, THER, CHEMO, HORMONAL, the name of a class with its own table, or unknown (R-CLS-1)."""
    drug = given.administration.drug
    if entry is not None and drug is not None and entry.disagreement:
        entry = named_with_more(drug, entry, on)
    if entry is None or drug is None:
        return "unknown"
    told = on_route(entry, given.route or "IV").billing_class
    if told == "electrolyte" or (told == "hydration" and is_strong_dextrose(drug)):
        return settle_electrolyte(desk, given, base_fluid=entry.base_fluid)
    if told == "complex_biologic":
        return biologic_class(desk, entry)
    if told == "anesthetic" and ventilates(desk, given):
        return "THER"
    if told == "hormonal_antineoplastic":
        reason = (given.administration.indication or "").lower()
        return "THER" if any(word in reason for word in NOT_CANCER) else "HORMONAL"
    if told == "flush":
        told = flush_or_not(given.administration, drug, on)
    return {"hydration": "HYD", "therapeutic": "THER", "chemotherapy": "CHEMO"}.get(told, told)


def named_with_more(drug: Drug, coded: Entry, on: date) -> Entry | None:
    """Return what the name says where the code is only of something in it; None where the two disagree (A-31)."""
    named = None if drug.name is None else lookup(Drug(name=drug.name), on)
    if named is None or not set(coded.ingredient.split("+")) < set(named.ingredient.split("+")):
        return None
    return named


def flush_or_not(administration: Administration, drug: Drug, on: date) -> str:
    """
    Return what a flush is whose code alone says what it is, and means a fluid or a drug as well (A-31).

    The stated intent decides; without one, what ran or went under the skin is no flush. What was pushed may be a
    dose of the drug: nobody can say, unless it is a fluid, whose push earns nothing either way.
    """
    meant = besides_flush(drug, on)
    if meant is None or administration.intent == "flush":
        return "flush"
    if administration.intent is not None or administration.technique != "push":
        return meant
    return "flush" if meant == "hydration" else "unknown"


def besides_flush(drug: Drug, on: date) -> str | None:
    """Return the class of what a code means besides a flush; None where a name says which, or nothing else is meant."""
    named = drug.name is not None and lookup(Drug(name=drug.name), on) is not None
    if drug.code is None or named or drug.ingredients:
        return None
    meant = catalogue(edition(on)).coded(drug.system, drug.code)
    return next((product.billing_class for product in meant if product.billing_class != "flush"), None)


def biologic_class(desk: Desk, entry: Entry) -> str:
    """Return the class of a complex biologic (R-CLS-3, P-14b)."""
    if desk.policy.complex_biologic_class_map == "payer_map":
        told = desk.policy.complex_biologic_classes.get(entry.ingredient, "chemotherapy")
        return "THER" if told == "therapeutic" else "CHEMO"
    return "THER" if desk.policy.complex_biologic_class_map == "ther" else "CHEMO"


def set_aside(desk: Desk, given: Given, everyone: list[Given]) -> None:
    """Settle what is not billed or not codable whatever its times: bundles, own tables, unknown drugs."""
    settle_by_drug(desk, given)
    if given.outcome != "to code" or settle_elsewhere(desk, given):
        return
    if is_infused_into_muscle(desk, given.administration, given.route):
        desk.hold(given, "F-ROUTE_CONFLICT")
    elif given.unclear:
        desk.hold(given, "F-HYD_NECESSITY")
    elif given.kind == "other":
        desk.hold(given, "F-UNLISTED")
    elif given.kind == "pca":
        settle_pca(desk, given)
    elif given.billing == "HYD" and (given.kind != "infusion" or is_carrier(given, everyone)):
        given.outcome = "not billed: R-BUN-1"
    elif given.billing == "HYD" and only_keeps_open(desk, given.administration):
        given.outcome = "not billed: R-BUN-2"


def is_infused_into_muscle(desk: Desk, administration: Administration, route: str | None) -> bool:
    """Whether what flowed long enough to be an infusion is charted into a muscle (A-8)."""
    flows = administration.flows or administration.pump_flows
    return administration.technique == "infusion" and route == "IM" and whole(desk.closed(flows)) >= 16


def settle_by_drug(desk: Desk, given: Given) -> None:
    """Settle what its purpose, its route or its drug alone decides."""
    administration = given.administration
    if administration.intent in {"kvo", "carrier", "flush", "procedure"}:
        given.outcome = f"not billed: {administration.intent}"
    elif given.route == OUTSIDE:
        given.outcome = "not billed: R-INJ-5"
    elif nothing_came(administration):
        desk.hold(given, "F-MISSING_START")
    elif given.billing == "unknown":
        desk.hold(given, "F-CLASS_UNKNOWN")
    elif given.billing in UNBILLED_CLASSES:
        if given.billing == "anesthetic":
            ask_of_an_anesthetic(desk, given)
        given.outcome = f"not billed: {UNBILLED_CLASSES[given.billing]}"


def nothing_came(administration: Administration) -> bool:
    """Whether neither a start nor a drug is charted, only what followed a start (A-6)."""
    begun = administration.given_at is not None or administration.flows or administration.pump_flows
    return administration.drug is None and not begun


def only_keeps_open(desk: Desk, administration: Administration) -> bool:
    """Whether no charted rate of a fluid was ever above the keep-open ceiling (R-HYD-8)."""
    charted = [rate for _, rate in administration.rates]
    if administration.rate_ml_per_h is not None:
        charted.append(administration.rate_ml_per_h)
    return bool(charted) and max(charted) <= desk.policy.kvo_rate_ceiling


def settle_pca(desk: Desk, given: Given) -> None:
    """Leave a PCA basal rate to a person, or bill nothing (P-23)."""
    if desk.policy.pca_basal_rate == "review":
        desk.hold(given, "F-PCA")
    else:
        given.outcome = "not billed: R-PUSH-9"


def is_carrier(given: Given, everyone: list[Given]) -> bool:
    """Whether a fluid shares its order with something that is not a fluid."""
    order = given.administration.order_id
    return order is not None and any(
        other.administration.order_id == order and other.billing not in {"HYD", "flush"} for other in everyone
    )
