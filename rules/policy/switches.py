"""The switches of the rule book's section 10, and ours: question, answers, default, and who holds which view."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

from rules.policy.bill_hold import BILL_HOLD
from rules.policy.switch import ARROW, PolicyError, Switch

_ID = re.compile(r"([ph])-?0*(\d+)(b?)", re.IGNORECASE)


def _views(**views: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({answer.removeprefix("_"): keys for answer, keys in views.items()})


SWITCHES: tuple[Switch, ...] = (
    Switch(
        "P-01", "setting", "On whose claim is this coded?",
        ("facility", "office", "professional_in_facility"), "facility",
        spellings={"prof_in_facility": "professional_in_facility"},
    ),
    Switch(
        "P-02", "office_initial_when_no_key_reason",
        "Which service leads in an office when nobody says why the patient came?",
        ("hierarchy+flag", "hold"), "hierarchy+flag",
        views={"hierarchy+flag": ("AAPC-ADOPT4",)},
    ),
    Switch(
        "P-03", "equal_rank_initial", "Which of two services of the same rank is the initial one?",
        ("longest", "first_started", "highest_paid"), "longest",
        views=_views(longest=("ML-OVL",), first_started=("WMIB",), highest_paid=("WMIB",)),
    ),
    Switch(
        "P-04", "initial_reset", "Does midnight bring a new initial service?",
        ("encounter", "calendar_day"), "encounter",
        views=_views(encounter=("IOM4", "HCPRO-MID", "AAPC-2013"), calendar_day=("RCA-TWICE", "SLIDE-KHAN")),
    ),
    Switch(
        "P-05", "same_drug_later_dose", "How is a later, separately ordered dose of the same drug counted?",
        ("each_dose", "sum_per_dos", "sum_per_encounter"), "each_dose",
        views=_views(each_dose=("RCA-SAME", "SUPER"), sum_per_dos=("ML-OBS",), sum_per_encounter=("ML-OBS",)),
    ),
    Switch(
        "P-06", "minimum_minutes_of_a_later_dose", "From how many minutes does such a later dose count?",
        ("16", "31"), "16", unit="minutes", numeric=True,
        views=_views(_16=("RCA-SAME",)),
    ),
    Switch(
        "P-07", "merge_gap_inside_one_dose_without_id",
        "Up to how long a gap are two infusions of one drug one dose, when no dose is named?",
        (), "30", span=range(241), unit="minutes", numeric=True,
    ),
    Switch(
        "P-08", "partial_overlap", "Are the minutes a sequential infusion shared with another deducted?",
        ("deduct", "full_time"), "deduct",
        views=_views(deduct=("ML-OVL",)),
    ),
    Switch(
        "P-09", "minimum_joint_minutes_for_concurrent", "From how many shared minutes are two drugs concurrent?",
        ("16", "1"), "16", unit="minutes", numeric=True,
        views=_views(_16=("A53778", "HAU-QA1"), _1=("WMIB",)),
    ),
    Switch(
        "P-10", "96368_cap", "Once per what is a concurrent infusion reported?",
        ("encounter", "dos"), "encounter", spellings={"date": "dos", "date of service": "dos"},
        views=_views(encounter=("IOM12",), dos=("HAU-QA2", "CA-96368")),
    ),
    Switch(
        "P-11", "chemo_chemo", "What becomes of chemotherapy running beside chemotherapy?",
        ("review", "96549", "bundle"), "review",
        views=_views(review=("ML-CONC", "AAPC-170567"), _96549=("AAPC-549",)),
    ),
    Switch(
        "P-12", "hydration_fragments", "How do stretches of hydration between drugs add up?",
        ("cumulative", "cumulative_anchor", "per_interval"), "cumulative_anchor",
        views=_views(cumulative=("AAPC-HYDFORUM",), per_interval=("AAPC-HYDFORUM",)),
    ),
    Switch(
        "P-13", "deduct_push_time_from_hydration", "Which minutes of a push come off the hydration around it?",
        ("documented", "none"), "documented", span=range(1, 16), unit="minutes", prefix="nominal:",
        views=_views(documented=("ML-PUSHHYD",)),
    ),
    Switch(
        "P-14", "electrolyte_bag_class", "Is a bag of electrolytes hydration or a drug?",
        ("by_indication", "always_hydration", "always_therapeutic"), "by_indication",
        views=_views(by_indication=("HAU-QA2", "CGS12"), always_hydration=("UWHC",)),
    ),
    Switch(
        "P-14b", "complex_biologic_class_map", "Which code family do complex biologics take?",
        ("payer_map", "chemo", "ther"), "payer_map",
        spellings={"chemotherapy": "chemo", "therapeutic": "ther"},
        views=_views(payer_map=("NOR-CX", "NOR-CN"), ther=("CCE-HUB",)),
    ),
    Switch(
        "P-15", "missing_stop", "What becomes of an infusion whose stop nobody charted?",
        ("hold_calculate_fallback", "push", "none"), "hold_calculate_fallback",
        spellings={"hold": "hold_calculate_fallback"},
        views=_views(
            hold_calculate_fallback=("ML-STOP", "ML-STOP2", "ICD10M", "QHR"),
            push=("HAU-QA1", "MIAMI", "RCA-STOP"),
        ),
    ),
    Switch(
        "P-16", "pre_arrival_infusions", "What of an infusion that was running before the patient came?",
        ("count_from_takeover", "review_all", "ignore"), "count_from_takeover",
    ),
    Switch(
        "P-17", "kvo_rate_ceiling", "Up to which rate does fluid only keep the line open?",
        (), "50", span=range(501), unit="mL/h", numeric=True,
    ),
    Switch(
        "P-18", "split_im_sc_dose", "Is one dose in several syringes one injection or several?",
        ("per_injection", "per_dose"), "per_injection",
        views=_views(per_injection=("AAPC-SPLIT", "HCPRO-IM"), per_dose=("AAPC-SPLIT",)),
    ),
    Switch(
        "P-19", "push_code_when_the_drug_was_is_infused",
        "Which code takes a push of a drug that is also infused, outside half an hour of it?",
        ("96376", "96375", "none"), "96376",
        views=_views(_96376=("AAPC-INFPUSH", "AHIMA")),
    ),
    Switch(
        "P-20", "same_drug_push_30_min_from_during_infusion",
        "And a push of that drug during its infusion or within half an hour of it?",
        ("review", "code", "none"), "review",
        views=_views(none=("OHIO-5",)),
    ),
    Switch(
        "P-21", "distinct_site_modifier", "Which modifier marks the initial service of a second, justified site?",
        ("59", "XS", "XU"), "59",
        views=_views(_59=("RAC71", "ML-2IV"), XS=("RAC71",), XU=("RAC71", "ML-2IV", "SEED-4")),
    ),
    Switch(
        "P-22", "add_on_primary_list", "Which list says what an add-on code may stand beside?",
        ("cms_aoc_file", "cpt_parentheticals"), "cms_aoc_file",
        spellings={"cms": "cms_aoc_file", "cpt": "cpt_parentheticals"},
        views=_views(cms_aoc_file=("AOC-2024-06-03", "SEED-2"), cpt_parentheticals=("LEGAL-96375", "AAPC-INFPUSH")),
    ),
    Switch(
        "P-23", "pca_basal_rate", "Is the basal rate of a patient-controlled pump an infusion?",
        ("review", "infusion", "none"), "review",
        views=_views(none=("NGS-PAIN", "TRICARE")),
    ),
    Switch(
        "P-24", "rounding", "How does a time with seconds become whole minutes?",
        ("flow_seconds", "truncate_each", "nearest_minute"), "flow_seconds",
        spellings={"truncate": "truncate_each"},
    ),
    Switch(
        "P-25", "dos", "On which date stand the hours of an infusion that crosses midnight?",
        ("start_date_capped", "by_hour"), "start_date_capped",
        views=_views(start_date_capped=("AAPC-FORUM-MID", "HCPRO-MID"), by_hour=("HAU-MID",)),
    ),
    Switch(
        "P-26", "discontinued_15_min_infusion",
        "What is reported when a reaction ends an infusion within fifteen minutes?",
        ("actual_time", "planned_code_with_53", "planned_code_with_52"), "actual_time",
        views=_views(actual_time=("NOR-CN",), planned_code_with_53=("AAPC-53A", "AAPC-53B")),
    ),
    Switch(
        "P-27", "sanity_limits", "Beyond how long is one infusion taken for a charting error?",
        (), "24", span=range(1, 169), unit="hours", numeric=True,
    ),
    Switch(
        "P-28", "pump_tolerance", "How far may pump and nursing record differ without a word?",
        (), "5", span=range(61), unit="minutes", numeric=True,
    ),
    Switch(
        "P-29", "hydration_minimum_volume", "Below which volume is fluid not hydration?",
        ("none", "500"), "none", unit="mL", numeric=True,
        views=_views(_500=("HCPRO-VOL",)),
    ),
    Switch(
        "P-30", "provisional_charge_emission", "Are charges sent before the stay is closed?",
        ("on_close", "provisional+replace"), "on_close",
        views={"provisional+replace": ("WMC-16",)},
    ),
    Switch(
        "P-31", "confirm_window_after_departure_before_final",
        "How long after departure may late charting still come in before charges are final?",
        (), "72", span=range(721), unit="hours", numeric=True,
    ),
    Switch(
        "H-01", "home_pump_code", "Which code starts chemotherapy that goes home on a pump?",
        ("96416", "G0498"), "96416",
        views=_views(_96416=("CHEMO-001",), G0498=("A55134", "CHEMO-001")),
    ),
    Switch(
        "H-12", "after_concurrent",
        "Which code takes the first dose of a drug on its own, after one that ran beside another drug?",
        ("96367", "96366"), "96367",
        views=_views(_96367=("AMEND-2026-11",), _96366=("RCA-SAME",)),
    ),
    Switch(
        "H-18", "hydration_reason",
        "Does any charted reason make fluid hydration, or only one on the list of reasons for volume?",
        ("listed", "any"), "listed",
        views=_views(listed=("RAC137", "HIGHMARK-Y5009")),
    ),
    Switch(
        "H-23", "repeat_injection_modifier",
        "Which modifier marks each further injection of a date, on a line of its own?",
        ("none", "59", "76"), "none",
        views=_views(none=("HCPRO-IM",), _59=("AAPC-SPLIT",), _76=("SEED-1", "SEED-3")),
    ),
    Switch(
        "H-26", "sad", "What becomes of the injection of a drug that Medicare takes for self-administered?",
        ("not_billed", "bill"), "not_billed",
        views=_views(not_billed=("SAD-DEF",)),
    ),
    Switch(
        "H-35", "rural_sch",
        "Is the hospital a rural sole community hospital, whose excepted departments are paid the whole rate?",
        ("no", "yes"), "no",
        views=_views(no=("OPPS26",), yes=("OPPS26",)),
    ),
    Switch(
        "H-40", "drug_lines", "Is the drug suggested beside its administration, or released with it?",
        ("off", "suggest", "release"), "suggest",
    ),
)  # fmt: skip
"""The register, in the rule book's order."""

SETTINGS = SWITCHES[0].values

ANSWERABLE: tuple[Switch, ...] = (*SWITCHES, BILL_HOLD)
"""Everything a layer may answer: the register, and the bill hold, by which no line is coded."""


def _folded(name: str) -> str:
    if parts := _ID.fullmatch(name.strip()):
        letter, number, variant = parts.groups()
        return f"{letter.upper()}-{int(number):02d}{variant.lower()}"
    return ARROW.sub("_", name.strip().casefold())


_BY_NAME = {name: known for known in ANSWERABLE for name in (known.id, known.key, known.attribute)}


def switch(name: str) -> Switch:
    """
    Return the switch of a key, a policy attribute or an id such as ``P-14b``; case does not matter.

    Raises PolicyError, with the nearest key, for a name the rule book does not know.
    """
    named = _BY_NAME.get(name) or _BY_NAME.get(_folded(name))
    if named is not None:
        return named
    near = get_close_matches(_folded(name), _BY_NAME, n=1)
    hint = f" Did you mean {_BY_NAME[near[0]].key} ({_BY_NAME[near[0]].id})?" if near else ""
    message = f"There is no switch {name!r}.{hint} Switches: {', '.join(known.key for known in ANSWERABLE)}."
    raise PolicyError(message)


def chosen(key: str, value: str) -> tuple[str, str]:
    """
    Return one choice of the command line (``--set KEY=VALUE``) as the register spells it: key and answer.

    Raises PolicyError when there is no such switch, or it does not take the answer.
    """
    named = switch(key)
    return named.key, named.normalised(value)


__all__ = ["ANSWERABLE", "SETTINGS", "SWITCHES", "PolicyError", "Switch", "chosen", "switch"]
