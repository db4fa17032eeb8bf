"""What was given: its billing class, the way it was given, its site group, and what is never billed."""

from collections.abc import Iterable

from second_coder_desk import POOLED, UNKNOWN_SITE, Desk, Given

from models.encounter import AccessSite, Administration
from rules.formulary.lookup import Entry, lookup, on_route, substance

IV_ROUTES = {"IV", None}
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
LOW_ELECTROLYTE = ("hypokal", "hypomagn", "low potassium", "low magnesium")
LOW_VOLUME = ("dehydrat", "volume", "vomit", "fluid loss")
NOT_CANCER = ("endometriosis", "puberty", "fibroid")


def seen(desk: Desk, administration: Administration) -> Given:
    """Return the sheet of one administration, its outcome already set where no clock can change it."""
    drug = administration.drug
    first = min((flow.start for flow in administration.flows + administration.pump_flows), default=None)
    begun = administration.given_at if administration.given_at is not None else first
    on = desk.date_of(desk.minute(begun if begun is not None else desk.encounter.arrived_at or 0))
    entry = None if drug is None else lookup(drug, on)
    given = Given(
        administration=administration,
        kind=kind_of(desk, administration),
        billing=billing_class(desk, administration, entry),
        substance="" if drug is None else substance(drug, on),
        pushable="unknown" if entry is None else entry.pushable,
        start=0 if begun is None else desk.minute(begun),
    )
    if given.kind in {"infusion", "push", "pump", "pca"}:
        given.group = site_group(desk, given)
    if given.kind in {"pump", "pca"} and given.group == UNKNOWN_SITE:
        given.group = POOLED
    return given


def kind_of(desk: Desk, administration: Administration) -> str:
    """Return the way of giving as the codes tell it apart."""
    technique, route = administration.technique, administration.route
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
            **dict.fromkeys(IV_ROUTES, "infusion"),
        }
    return by_route.get(route, "other")


def billing_class(desk: Desk, administration: Administration, entry: Entry | None) -> str:
    """Return HYD, THER, CHEMO, HORMONAL, the name of a class with its own table, or unknown (R-CLS-1)."""
    if entry is None or entry.disagreement:
        return "unknown"
    told = on_route(entry, administration.route or "IV").billing_class
    if told == "electrolyte":
        return electrolyte_class(desk, administration, entry)
    if told == "complex_biologic":
        return biologic_class(desk, entry)
    if told == "hormonal_antineoplastic":
        reason = (administration.indication or "").lower()
        return "THER" if any(word in reason for word in NOT_CANCER) else "HORMONAL"
    return {"hydration": "HYD", "therapeutic": "THER", "chemotherapy": "CHEMO"}.get(told, told)


def electrolyte_class(desk: Desk, administration: Administration, entry: Entry) -> str:
    """Return what an electrolyte bag is for: volume or the electrolyte (R-INF-6, P-14)."""
    if desk.policy.electrolyte_bag_class != "by_indication":
        return "HYD" if desk.policy.electrolyte_bag_class == "always_hydration" else "THER"
    reason = (administration.indication or "").lower()
    if not entry.base_fluid or any(word in reason for word in LOW_ELECTROLYTE):
        return "THER"
    for_volume = administration.intent == "hydrate" or any(word in reason for word in LOW_VOLUME)
    return "HYD" if for_volume else "THER"


def biologic_class(desk: Desk, entry: Entry) -> str:
    """Return the family a complex biologic is coded in (R-CLS-3, P-14b)."""
    if desk.policy.complex_biologic_class_map == "payer_map":
        told = desk.policy.complex_biologic_classes.get(entry.ingredient, "chemotherapy")
        return "THER" if told == "therapeutic" else "CHEMO"
    return "THER" if desk.policy.complex_biologic_class_map == "ther" else "CHEMO"


def root_of(desk: Desk, site_id: str) -> str:
    """Return the first site of a chain of restarts."""
    by_id = {site.site_id: site for site in desk.encounter.sites}
    walked = [site_id]
    while True:
        site = by_id.get(walked[-1])
        if site is None or site.restart_of is None or site.restart_of in walked:
            return walked[-1]
        walked.append(site.restart_of)


def group_of_site(desk: Desk, site_id: str) -> str:
    """Return a justified site's own group, else the pooled one."""
    root = root_of(desk, site_id)
    for site in desk.encounter.sites:
        if site.site_id in {site_id, root} and site.separate_site_reason:
            return root
    return POOLED


def site_group(desk: Desk, given: Given) -> str:
    """Return the site group of an IV administration; without a site the only open one (R-SITE-5)."""
    told = given.administration.site_id
    if told is not None:
        return group_of_site(desk, told)
    open_sites = [site for site in desk.encounter.sites if is_open(desk, site, given.start)]
    roots = sorted({root_of(desk, site.site_id) for site in open_sites})
    if len(roots) > 1:
        return UNKNOWN_SITE
    return group_of_site(desk, open_sites[0].site_id) if open_sites else POOLED


def is_open(desk: Desk, site: AccessSite, minute: int) -> bool:
    """Whether a site was in place at a minute."""
    placed = site.placed_at is None or desk.minute(site.placed_at) <= minute
    return placed and (site.removed_at is None or minute < desk.minute(site.removed_at))


def note_second_sites(desk: Desk, givens: Iterable[Given]) -> None:
    """Flag pooled use of more than one site (R-SITE-4)."""
    roots = {
        root_of(desk, one.administration.site_id)
        for one in givens
        if one.kind in {"infusion", "push"} and one.group == POOLED and one.administration.site_id is not None
    }
    if len(roots) > 1:
        desk.raise_flag("F-SECOND_SITE")


def hold_without_site(desk: Desk, givens: Iterable[Given]) -> None:
    """Hold what could still be coded but at one of several sites (R-SITE-5)."""
    for given in givens:
        if given.group == UNKNOWN_SITE and given.outcome == "to code":
            desk.hold(given, "F-SITE_UNKNOWN")


def set_aside(desk: Desk, given: Given, everyone: list[Given]) -> None:
    """Settle what is not billed or not codable whatever its times: bundles, own tables, unknown drugs."""
    administration = given.administration
    if administration.intent in {"kvo", "carrier", "flush", "procedure"}:
        given.outcome = f"not billed: {administration.intent}"
    elif given.billing == "unknown":
        desk.hold(given, "F-CLASS_UNKNOWN")
    elif given.billing in UNBILLED_CLASSES:
        given.outcome = f"not billed: {UNBILLED_CLASSES[given.billing]}"
    elif given.kind == "other":
        desk.hold(given, "F-UNLISTED")
    elif given.kind == "pca":
        settle_pca(desk, given)
    elif given.billing == "HYD" and (given.kind != "infusion" or is_carrier(given, everyone)):
        given.outcome = "not billed: R-BUN-1"
    elif given.billing == "HYD" and only_keeps_open(desk, administration):
        given.outcome = "not billed: R-BUN-2"


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
