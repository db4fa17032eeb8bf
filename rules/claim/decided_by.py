"""
Which switch decided a line, a refusal or a flag: a reason that names it, its value, who answered and where.

The steps that ask a switch note on the worksheet whose fate it decided (``Worksheet.decided_by``), or put the reason
on a single line themselves; here the notes become reasons. A switch decides where another of its answers would have
it otherwise. One that takes any number decides where it acts, or where the rule book's own number would have.
"""

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Final

from models.charge import ChargeLine, Flag, NotBilled, Reason
from rules.claim.claim_edits import codes_by_list
from rules.policy.switches import SWITCHES
from rules.worksheet.sheet import Worksheet

FLAG_SWITCHES: Final[Mapping[str, frozenset[str]]] = {
    "F-ADDON_DATE": frozenset({"dos"}),
    "F-ADDON_PRIMARY": frozenset({"add_on_primary_list"}),
    "F-ASSUMED": frozenset({"missing_stop"}),
    "F-BOLUS_SAME_DRUG": frozenset({"same_drug_push_30_min_from_during_infusion"}),
    "F-CHEMO_CONCURRENT": frozenset({"chemo_chemo", "minimum_joint_minutes_for_concurrent"}),
    "F-COMPLEXITY_DOC": frozenset({"complex_biologic_class_map"}),
    "F-DISCONTINUED": frozenset({"discontinued_15_min_infusion"}),
    "F-DOSE_UNUSUAL": frozenset({"drug_lines"}),
    "F-DRUG_CODE": frozenset({"drug_lines"}),
    "F-DRUG_DOSE": frozenset({"drug_lines"}),
    "F-DRUG_UNGIVEN": frozenset({"drug_lines"}),
    "F-DRUG_WASTE": frozenset({"drug_lines"}),
    "F-HYD_FRAGMENTED": frozenset({"hydration_fragments"}),
    "F-HYD_NECESSITY": frozenset({"electrolyte_bag_class", "hydration_reason"}),
    "F-HYD_VOLUME": frozenset({"hydration_minimum_volume"}),
    "F-KEY_REASON": frozenset({"office_initial_when_no_key_reason"}),
    "F-MISSING_STOP": frozenset({"missing_stop"}),
    "F-MULTI_INITIAL": frozenset({"initial_reset"}),
    "F-OVERLAP_AMBIGUOUS": frozenset({"minimum_joint_minutes_for_concurrent"}),
    "F-PCA": frozenset({"pca_basal_rate"}),
    "F-PREARRIVAL": frozenset({"pre_arrival_infusions"}),
    "F-PUMP_MAR_MISMATCH": frozenset({"pump_tolerance"}),
    "F-RECODE_AFTER_CLOSE": frozenset({"confirm_window_after_departure_before_final"}),
    "F-SAD": frozenset({"sad"}),
    "F-SAME_DRUG_REPEAT": frozenset({"same_drug_later_dose", "after_concurrent"}),
    "F-SECOND_SITE": frozenset({"distinct_site_modifier"}),
    "F-SPLIT_DOSE": frozenset({"split_im_sc_dose"}),
    "F-STOP_CALCULATED": frozenset({"missing_stop"}),
    "F-TOO_LONG": frozenset({"sanity_limits"}),
    "F-UNLISTED": frozenset({"chemo_chemo"}),
}
"""The switches that may decide that a flag is raised, or how; a flag beside a switched line is not its doing."""

_ASKED: Final = {
    flag: frozenset(switch.id for switch in SWITCHES if switch.key in keys)
    for flag, keys in FLAG_SWITCHES.items()
}
"""The same by the switches' ids, which are the rules of their reasons."""
_PLACES: Final = {switch.id: place for place, switch in enumerate(SWITCHES)}


def _noted(sheet: Worksheet, ids: Iterable[str]) -> list[Reason]:
    """Return the reasons of the switches noted for these administrations or procedures, in the register's order."""
    switched = sheet.switched
    keys: dict[str, None] = {}
    for name in ids:
        if name in switched:
            keys |= switched[name]
    reasons = [sheet.policy.because(key) for key in keys]
    return sorted(reasons, key=_place) if len(reasons) > 1 else reasons


def _place(reason: Reason) -> int:
    return _PLACES[reason.rule]


def _each_once(reasons: tuple[Reason, ...], more: Iterable[Reason]) -> tuple[Reason, ...]:
    """Return these reasons and some more, each once; rarely is one of a rule there already, so rules are compared first."""
    both = (*reasons, *more)
    if len({reason.rule for reason in both}) == len(both):
        return both
    return tuple(dict.fromkeys(both))


def _everywhere(sheet: Worksheet) -> tuple[Reason, ...]:
    """Return the reason of a setting that was set by hand: it decides on all of the stay (P-01)."""
    origin = sheet.policy.origins.get("setting")
    by_hand = origin is not None and origin.layer in {"override", "choice"}
    return (sheet.policy.because("setting"),) if by_hand else ()


def lines_decided(lines: tuple[ChargeLine, ...], sheet: Worksheet) -> tuple[ChargeLine, ...]:
    """Return the lines, each with a reason for every switch that decided it."""
    everywhere = _everywhere(sheet)
    listed = (
        codes_by_list(frozenset([line.code for line in lines]), lines[0].service_date)
        if lines
        else frozenset()
    )
    if not sheet.switched and not everywhere and not listed:
        return lines
    return tuple([_line_decided(line, sheet, everywhere, listed) for line in lines])


def _line_decided(
    line: ChargeLine, sheet: Worksheet, everywhere: tuple[Reason, ...], listed: frozenset[str]
) -> ChargeLine:
    noted = _noted(sheet, line.administration_ids + line.procedure_ids)
    by_list = (sheet.policy.because("add_on_primary_list"),) if line.code in listed else ()
    if not (everywhere or noted or by_list):
        return line
    return line.because(_each_once(line.reasons, (*everywhere, *noted, *by_list)))


def refusals_decided(sheet: Worksheet) -> tuple[NotBilled, ...]:
    """Return what earns no line, by administration, each with a reason for every switch that decided it."""
    everywhere = _everywhere(sheet)
    if not sheet.refused:
        return ()
    refused = sorted(sheet.refused, key=attrgetter("administration_id", "rule"))
    if not sheet.switched and not everywhere:
        return tuple(refused)
    return tuple(
        [refusal.because((*everywhere, *_noted(sheet, (refusal.administration_id,)))) for refusal in refused]
    )


def flags_decided(flags: Iterable[Flag], lines: Iterable[ChargeLine], sheet: Worksheet) -> tuple[Flag, ...]:
    """Return the flags in order of their ids, each with a reason for every switch that decided that it is raised, or how."""
    ordered = sorted(flags, key=attrgetter("flag", "administration_ids", "says"))
    return tuple(
        [_flag_decided(flag, lines, sheet) if flag.flag in FLAG_SWITCHES else flag for flag in ordered]
    )


def _flag_decided(flag: Flag, lines: Iterable[ChargeLine], sheet: Worksheet) -> Flag:
    about = set(flag.administration_ids)
    ids = flag.administration_ids or ("",)
    wanted = _ASKED[flag.flag]
    noted = _noted(sheet, (*ids, *[flag.flag + name for name in ids])) if sheet.switched else ()
    reasons = [reason for reason in noted if reason.rule in wanted]
    for line in lines if about else ():
        if about.isdisjoint(line.administration_ids) or flag.facts.get("code", line.code) != line.code:
            continue
        reasons += [reason for reason in line.reasons if reason.rule in wanted]
    return flag.because(_each_once((), reasons)) if reasons else flag
