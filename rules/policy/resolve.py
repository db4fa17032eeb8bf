"""
The policy an encounter is coded under: the answer to every switch, and the layer that gave it.

Answers are layered: the global layer, the payer, the facility, the department; a later layer wins, each
value from its own date. What the caller sets by hand comes last. Nothing here reads a clock or the
environment; the only files read are the shipped ones and those the caller names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from models.field import Setting
from rules.parameter import NotInForceError
from rules.policy.check import problems
from rules.policy.layer_files import (
    INHERITS,
    SCOPES,
    AdministrationClass,
    Layer,
    read_layer,
    shipped_layers,
)
from rules.policy.payers import by_name, compact, payer_named, with_what_it_extends
from rules.policy.site_layers import Place, layers_at, with_the_sites
from rules.policy.switches import SETTINGS, SWITCHES, PolicyError, Switch, chosen, switch

__all__ = ["SWITCHES", "Origin", "Policy", "PolicyError", "chosen", "policy_for", "problems", "switch"]


MEDICARE = "medicare"
"""The payer whose coverage rules bind all that build on its layer."""


class Origin(NamedTuple):
    """Who decided an answer, and where it is written: a source key, or the house's own words."""

    layer: str
    cite: str


@dataclass(frozen=True, slots=True)
class Policy:
    """
    Every switch answered for one setting, payer, facility, department and date.

    ``name`` goes on the charge set; ``version`` is the newest edition among the files it was made from and a
    digest of every answer, so two policies of one version decide alike. ``complex_biologic_classes`` is the
    payer's own class for each complex biologic it names, by formulary ingredient (P-14b).
    """

    name: str
    version: str
    setting: Setting
    office_initial_when_no_key_reason: Literal["hierarchy+flag", "hold"]
    equal_rank_initial: Literal["longest", "first_started", "highest_paid"]
    initial_reset: Literal["encounter", "calendar_day"]
    same_drug_later_dose: Literal["each_dose", "sum_per_dos", "sum_per_encounter"]
    minimum_minutes_of_a_later_dose: int
    merge_gap_inside_one_dose_without_id: int
    """Minutes."""
    partial_overlap: Literal["deduct", "full_time"]
    minimum_joint_minutes_for_concurrent: int
    cap_96368: Literal["encounter", "dos"]
    chemo_chemo: Literal["review", "96549", "bundle"]
    hydration_fragments: Literal["cumulative", "cumulative_anchor", "per_interval"]
    deduct_push_time_from_hydration: Literal["documented", "none", "nominal"]
    nominal_push_minutes: int
    """Minutes taken off for each push when pushes are deducted nominally; otherwise 0."""
    electrolyte_bag_class: Literal["by_indication", "always_hydration", "always_therapeutic"]
    complex_biologic_class_map: Literal["payer_map", "chemo", "ther"]
    missing_stop: Literal["hold_calculate_fallback", "push", "none"]
    pre_arrival_infusions: Literal["count_from_takeover", "review_all", "ignore"]
    kvo_rate_ceiling: int
    """Whole mL/h; a rate up to and including it only keeps the line open."""
    split_im_sc_dose: Literal["per_injection", "per_dose"]
    push_code_when_the_drug_was_is_infused: Literal["96376", "96375", "none"]
    same_drug_push_30_min_from_during_infusion: Literal["review", "code", "none"]
    distinct_site_modifier: Literal["59", "XS", "XU"]
    add_on_primary_list: Literal["cms_aoc_file", "cpt_parentheticals"]
    pca_basal_rate: Literal["review", "infusion", "none"]
    rounding: Literal["flow_seconds", "truncate_each", "nearest_minute"]
    dos: Literal["start_date_capped", "by_hour"]
    discontinued_15_min_infusion: Literal["actual_time", "planned_code_with_53", "planned_code_with_52"]
    sanity_limits: int
    """Hours."""
    pump_tolerance: int
    """Minutes."""
    hydration_minimum_volume: int | None
    """Millilitres, or None when the policy sets no minimum."""
    provisional_charge_emission: Literal["on_close", "provisional+replace"]
    confirm_window_after_departure_before_final: int
    """Hours."""
    home_pump_code: Literal["96416", "G0498"]
    after_concurrent: Literal["96367", "96366"]
    hydration_reason: Literal["listed", "any"]
    repeat_injection_modifier: Literal["none", "59", "76"]
    sad: Literal["not_billed", "bill"]
    rural_sch: Literal["no", "yes"]
    """Whether the hospital is a rural sole community hospital; decides amounts alone, never a line."""
    medicare: bool = False
    """Whether the payer is Medicare, or one whose layer extends Medicare's."""
    complex_biologic_classes: Mapping[str, AdministrationClass] = field(default_factory=dict, hash=False)
    origins: Mapping[str, Origin] = field(default_factory=dict, hash=False, repr=False)

    def value(self, key: str) -> str:
        """
        Return the answer to a switch as a policy file or ``--set`` spells it.

        Raises PolicyError when there is no such switch.
        """
        named = switch(key)
        answer = getattr(self, named.attribute)
        if answer == "nominal":
            return f"nominal:{self.nominal_push_minutes}"
        return "none" if answer is None else str(answer)

    def origin(self, key: str) -> Origin:
        """
        Return which layer decided a switch, and its cite; for a drug of the payer's map, who classed it.

        Raises PolicyError when there is neither such a switch nor such a drug.
        """
        return self.origins.get(key) or self.origins[switch(key).key]


class _Chosen(NamedTuple):
    """The setting, the payer's layer or the further layer that ``--policy`` names."""

    setting: str | None
    payer: Layer | None
    more: tuple[Layer, ...] = ()


def _named(choice: str, payers: Mapping[str, Layer]) -> _Chosen:
    compacted = compact(choice)
    if compacted in payers:
        return _Chosen(None, payers[compacted])
    for setting in (*sorted(SETTINGS, key=len, reverse=True), None):
        name = compacted.removesuffix(compact(setting)) if setting else compacted
        if setting and name == compacted:
            continue
        payer = payer_named(name, payers)
        if payer is not None or name == "default":
            return _Chosen(setting, payer)
    names = ["default", *dict.fromkeys(layer.name for layer in payers.values())]
    near = get_close_matches(
        choice.casefold(), (*names, *(f"{profile}-{also}" for profile in names for also in SETTINGS)), n=1
    )
    hint = f" Did you mean {near[0]}?" if near else ""
    message = (
        f"There is no policy {choice!r}.{hint} Policies: {', '.join(names)}, each also with a setting"
        f" (medicare-office), or the path of a TOML policy file."
    )
    raise PolicyError(message)


def _chosen(choice: str | None, payer: str | None, payers: Mapping[str, Layer]) -> _Chosen:
    its_own = payer_named(payer, payers) if payer else None
    if choice is None:
        return _Chosen(None, its_own)
    if not choice.endswith(".toml") and "/" not in choice and "\\" not in choice:
        return _named(choice, payers)
    layer = read_layer(Path(choice))
    return _Chosen(None, layer) if layer.scope == "payer" else _Chosen(None, its_own, (layer,))


def _applies(layer: Layer, facility: str | None, department: str | None) -> bool:
    if layer.scope == "department":
        return layer.department == department and layer.facility in {None, facility}
    return layer.scope == "global" or (layer.scope == "facility" and layer.facility == facility)


def policy_for(
    setting: str,
    payer: str | None,
    facility: str | None,
    department: str | None,
    on: date,
    choice: str | None = None,
    overrides: tuple[tuple[str, str], ...] = (),
    extra_dirs: tuple[Place, ...] = (),
) -> Policy:
    """
    Return the policy for an encounter on a date of service.

    ``choice`` is ``--policy``: a profile in place of the encounter's payer (``medicare``), a profile and a
    setting (``medicare-facility``), ``default`` for no payer at all, or the path of a policy file, which then
    applies to every encounter in the layer its scope names. ``overrides`` are ``--set`` pairs, the last of
    a switch winning. ``extra_dirs`` hold policy files beside those of the site in force. A payer nobody has a profile for is coded
    under the global layer. Files are read once per process.

    Raises PolicyError for a choice, an override or a file that cannot be followed, and NotInForceError for a
    date before the first value of the global layer.
    """
    extra_dirs = with_the_sites(extra_dirs)
    if not extra_dirs:
        facility = department = None  # only a site's own files tell facilities and departments apart
    return _policy_for(setting, payer, facility, department, on, choice, overrides, extra_dirs)


@lru_cache(maxsize=64)
def _payers(extra_dirs: tuple[Place, ...]) -> Mapping[str, Layer]:
    local = [layer for place in extra_dirs for layer in layers_at(place)]
    return by_name((*shipped_layers(), *local))


@lru_cache(maxsize=8192)
def _policy_for(
    setting: str,
    payer: str | None,
    facility: str | None,
    department: str | None,
    on: date,
    choice: str | None,
    overrides: tuple[tuple[str, str], ...],
    extra_dirs: tuple[Place, ...],
) -> Policy:
    local = tuple(layer for place in extra_dirs for layer in layers_at(place))
    picked = _chosen(choice, payer, _payers(extra_dirs))
    set_by_hand = dict(chosen(key, value) for key, value in overrides)
    whose = Origin("override", "--set") if "setting" in set_by_hand else Origin("encounter", "setting")
    if picked.setting and "setting" not in set_by_hand:
        whose = Origin("choice", "--policy")
    effective = chosen("setting", set_by_hand.pop("setting", picked.setting or setting))[1]
    applying = [
        layer for layer in local if layer not in picked.more and _applies(layer, facility, department)
    ]
    applying = sorted((*applying, *picked.more), key=lambda layer: SCOPES.index(layer.scope))
    layers = (
        shipped_layers()[0],
        *(layer for layer in applying if layer.scope == "global"),
        *with_what_it_extends(picked.payer, (*shipped_layers(), *local)),
        *(layer for layer in applying if layer.scope != "global"),
    )
    base = picked.payer.name if picked.payer else "default"
    name = "+".join((f"{base}-{effective}", *(layer.name for layer in applying)))
    began = [
        answer.since for layer in layers for answer in (*layer.values, *layer.classes) if answer.since <= on
    ]
    return _composed(
        name, (effective, whose), layers, max(began, default=on), tuple(sorted(set_by_hand.items()))
    )


@lru_cache(maxsize=4096)
def _composed(
    name: str,
    setting: tuple[str, Origin],
    layers: tuple[Layer, ...],
    on: date,
    overrides: tuple[tuple[str, str], ...],
) -> Policy:
    """Return the policy of a stretch of dates on which no value changes: one object for all its encounters."""
    answers = {"setting": setting[0]}
    origins = {"setting": setting[1]}
    for question in SWITCHES[1:]:
        for layer in layers:
            answer = layer.answer(question.key, setting[0], on)
            if answer is not None and answer.value != INHERITS:
                answers[question.key], origins[question.key] = answer.value, Origin(layer.label, answer.cite)
        if question.key not in answers:
            raise _not_in_force(question, layers[0], on)
    for key, value in overrides:
        answers[key], origins[key] = value, Origin("override", "--set")
    classes: dict[str, AdministrationClass] = {}
    for layer in layers:
        for drug, answer in layer.drug_classes(on).items():
            if answer.value == INHERITS:
                continue
            classes[drug] = "therapeutic" if answer.value == "therapeutic" else "chemotherapy"
            origins[drug] = Origin(layer.label, answer.cite)
    attributes: dict[str, Any] = {
        switch(key).attribute: switch(key).typed(value) for key, value in answers.items()
    }
    push, _, minutes = answers["deduct_push_time_from_hydration"].partition(":")
    attributes |= {"deduct_push_time_from_hydration": push, "nominal_push_minutes": int(minutes or 0)}
    decisions = repr((sorted(answers.items()), sorted(classes.items()))).encode()
    return Policy(
        name=name,
        medicare=any(layer.scope == "payer" and layer.name == MEDICARE for layer in layers),
        version=f"{max(layer.edition for layer in layers)}.{sha256(decisions).hexdigest()[:8]}",
        complex_biologic_classes=MappingProxyType(classes),
        origins=MappingProxyType(origins),
        **attributes,
    )


def _not_in_force(question: Switch, layer: Layer, on: date) -> Exception:
    dates = [answer.since for answer in layer.values if answer.key == question.key]
    if not dates:
        return PolicyError(f"{Path(layer.file).name} has no value for {question.key}: run `infusion check`.")
    place = "[[values]] entry with its source to rules/policies/global.toml"
    return NotInForceError(f"policy switch {question.key} ({question.id})", on, min(dates), place)
