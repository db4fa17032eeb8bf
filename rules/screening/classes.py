"""The code family of an administration, from drug, route, indication and payer together (R-CLS)."""

from datetime import date
from typing import NamedTuple

from models.charge import NotBilled
from models.encounter import Administration
from rules.formulary.ambiguous_code import as_meant
from rules.formulary.charted_terms import means
from rules.formulary.lookup import Entry, lookup, on_route
from rules.policy.resolve import Policy
from rules.rule import Rule
from rules.screening.electrolytes import (
    ask_for_purpose,
    is_strong_dextrose,
    purpose_of,
    purpose_of_dextrose,
)
from rules.screening.procedures import ventilates
from rules.worksheet.codable import Family

CLASS_IS_DATED = Rule("R-CLS-1", "Class is an attribute of drug, route, indication and payer.", (), "K")
ANTINEOPLASTIC = Rule(
    "R-CLS-2", "Antineoplastics take the chemotherapy codes, whatever they are given for.",
    ("NOR-CN", "A52953", "CCE-401"), "A",
)  # fmt: skip
COMPLEX_BIOLOGIC = Rule(
    "R-CLS-3", "Certain biologics take the chemotherapy codes when their administration is complex.",
    ("NOR-CX", "NOR-CN", "A58527", "A59073"), "A",
)  # fmt: skip
HORMONAL = Rule("R-CLS-4", "A hormonal antineoplastic given for cancer takes 96402.", ("CCE-401",), "C")
SUPPORTIVE = Rule("R-CLS-5", "Supportive drugs beside chemotherapy are therapeutic.", ("CHEMO-001",), "A")
PLAIN_INJECTED = Rule(
    "R-CLS-6", "Some biologics given under the skin are plain injections.", ("NGS-A58620",), "C"
)
UNKNOWN = Rule("R-CLS-7", "A drug of unknown class is never guessed at.", (), "K")
ORDINARY = Rule("R-INF-10", "Nutrition, albumin, iron and immune globulins are therapeutic.", (), "K")
OTHER_CODES = Rule(
    "R-INJ-3", "Vaccines, allergens and skin tests have administration codes of their own.",
    ("AAP-RSV", "SEED-4"), "B",
)  # fmt: skip
SELF_GIVEN = Rule("R-INJ-5", "Self-administered, oral and topical doses lie outside these codes.", (), "K")
BLOOD = Rule(
    "R-BUN-7", "Blood components are billed as a transfusion, once a day, not as an infusion.",
    ("MIAMI", "ML-TX", "SEL"), "C",
)  # fmt: skip
INTEGRAL = Rule(
    "R-BUN-6", "A drug that belongs to another procedure is part of that procedure.",
    ("MIAMI", "MCT", "UWHC"), "C",
)  # fmt: skip
FLUSH = Rule("R-DEF-11", "Flushes before, after and between drugs are included.", ("HAU-QA1", "WMIB"), "A")

INCLUDED = Rule(
    "R-BUN-3",
    "Local anaesthetic, line access, flushes, supplies and preparation are included.",
    ("WMIB", "A58527"),
    "A",
)

NO_PROCEDURE = "none"
"""In place of a procedure's id: the drug was part of no procedure."""

RULES = (
    CLASS_IS_DATED, ANTINEOPLASTIC, COMPLEX_BIOLOGIC, HORMONAL, SUPPORTIVE, PLAIN_INJECTED, UNKNOWN,
    ORDINARY, OTHER_CODES, SELF_GIVEN, BLOOD, INTEGRAL, FLUSH,
)  # fmt: skip

ROUTED_OUT: dict[str, tuple[Rule, str]] = {
    "vaccine": (
        OTHER_CODES,
        "A vaccine: its administration has codes of its own (90460-90474, G0008-G0010).",
    ),
    "allergen": (OTHER_CODES, "An allergen: its administration has codes of its own (95115-95199)."),
    "blood": (BLOOD, "A blood component: billed as a transfusion (36430), once a day."),
    "contrast": (INTEGRAL, "Contrast: its injection is part of the imaging."),
    "radiopharmaceutical": (INTEGRAL, "A radiopharmaceutical or stress agent: part of the imaging."),
    "anesthetic": (INTEGRAL, "Anaesthesia: part of the procedure it was given for."),
    "flush": (FLUSH, "A flush: included in the service it keeps going."),
    "self_administered": (SELF_GIVEN, "Self-administered: outside these codes."),
    "declot": (INTEGRAL, "Clears a catheter: that procedure is 36593, coded elsewhere."),
    "chemodenervation": (
        INTEGRAL,
        "A botulinum toxin: part of the procedure it is injected for (64612-64650, 52287).",
    ),
    "own_code": (
        OTHER_CODES,
        "Its administration has a code of its own outside this range (M0224 for pemivibart).",
    ),
}


class Classified(NamedTuple):
    """The family of an administration, what the formulary said, and what a person should confirm."""

    family: Family
    entry: Entry
    undocumented_complexity: bool = False
    unverified: bool = False
    unclear: str | None = None
    """What to ask, where nothing charted says whether the bag was a drug or a fluid (R-INF-6)."""
    switch: str = ""
    """The switch that decided the family, or the drug that a layer's own map classes."""


def _electrolyte(charted: Administration, entry: Entry, policy: Policy, on: date) -> Classified:
    """Return what a bag with an electrolyte or strong dextrose is, by its purpose or as the policy has it (P-14)."""
    key = "electrolyte_bag_class"
    if policy.electrolyte_bag_class == "always_hydration":
        return Classified("hydration", entry, switch=key)
    if policy.electrolyte_bag_class == "always_therapeutic":
        return Classified("therapeutic", entry, switch=key)
    strong = is_strong_dextrose(charted, entry, on)
    purpose = purpose_of_dextrose(charted, entry, on) if strong else purpose_of(charted, entry, on)
    if purpose == "unclear":
        return Classified("therapeutic", entry, unclear=ask_for_purpose(on), switch=key)
    unverified = purpose == "therapeutic" and entry.basis == "unverified"
    return Classified(purpose, entry, unverified=unverified, switch=key)


def _complex(entry: Entry, policy: Policy) -> tuple[Family, str]:
    """Return the family of a complex biologic, and the switch or the drug of the payer's map that decided it."""
    key = "complex_biologic_class_map"
    if policy.complex_biologic_class_map == "ther":
        return "therapeutic", key
    if policy.complex_biologic_class_map == "payer_map":
        mapped = policy.complex_biologic_classes.get(entry.ingredient)
        return (
            "therapeutic" if mapped == "therapeutic" else "chemotherapy",
            entry.ingredient if mapped else key,
        )
    return "chemotherapy", key


def _routed_out(charted: Administration, kind: str, route: str | None) -> NotBilled:
    if kind == "anesthetic" and route in {"SC", "IM"}:
        return INCLUDED.refuses(charted.administration_id, "A local anaesthetic: included in what it eased.")
    rule, says = ROUTED_OUT[kind]
    return rule.refuses(charted.administration_id, says)


def _told_apart(indication: str | None) -> bool:
    """Tell whether an indication says which of two products of one name and strength was given (R-CLS-4)."""
    return means(indication, "cancer") or means(indication, "hormone_without_cancer")


def _entry(given: Administration, known: Entry | None, route: str | None, on: date) -> Entry | None:
    """Return what the formulary says of a drug on its route; None where name, code, intent and indication leave it open."""
    entry = known
    if (
        given.drug is not None
        and entry is not None
        and (entry.disagreement or entry.billing_class == "flush")
    ):
        entry = as_meant(given.drug, entry, given.intent, given.technique, on)
    if entry is None or (entry.by_indication and not _told_apart(given.indication)):
        return None
    if entry.disagreement and entry.basis != "stated":
        return None
    if entry.by_route:
        entry = on_route(entry, route)
    if entry.billing_class == "anesthetic" and route == "IV" and _for_itself(given, entry, on):
        return entry._replace(billing_class="therapeutic")
    return entry


def _for_itself(given: Administration, entry: Entry, on: date) -> bool:
    """Tell whether an anaesthetic was given for itself: linked to no procedure, or to keep a ventilated patient asleep."""
    return given.procedure_id == NO_PROCEDURE or ventilates(given, entry.ingredient, on)


def classify(
    charted: Administration, route: str | None, policy: Policy, on: date
) -> Classified | NotBilled | None:
    """Return the family, or why the drug is routed out, or None when nothing known says which drug or class it is."""
    known = lookup(charted.drug, on) if charted.drug is not None else None
    return classify_known(charted, known, route, policy, on)


def classify_known(
    charted: Administration, known: Entry | None, route: str | None, policy: Policy, on: date
) -> Classified | NotBilled | None:
    """Return the same where it is known already what the formulary says of the drug: ``known``, from its lookup."""
    entry = _entry(charted, known, route, on)
    if entry is None:
        return None
    kind = entry.billing_class
    family: Family
    if kind in ROUTED_OUT:
        return _routed_out(charted, kind, route)
    if kind == "electrolyte" or (kind == "hydration" and is_strong_dextrose(charted, entry, on)):
        return _electrolyte(charted, entry, policy, on)
    if kind in {"therapeutic", "hydration"}:
        unverified = kind == "therapeutic" and entry.basis == "unverified"
        return Classified(kind, entry, unverified=unverified)
    if kind == "complex_biologic":
        family, key = _complex(entry, policy)
        return Classified(
            family,
            entry,
            family == "chemotherapy" and not charted.complexity_documented,
            entry.basis == "unverified",
            switch=key,
        )
    if kind == "hormonal_antineoplastic":
        if route in {"SC", "IM", None}:
            family = "therapeutic" if means(charted.indication, "hormone_without_cancer") else "hormonal"
        else:
            family = "chemotherapy"
    elif kind == "rsv_antibody":
        family = "rsv"
    else:
        family = "chemotherapy"
    return Classified(family, entry, unverified=entry.basis == "unverified")
