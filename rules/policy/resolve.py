"""
The policy an encounter is coded under: the answer to every switch, and the layer that gave it.

Answers are layered: the global layer, the payer, the facility, the department; a later layer wins, each
value from its own date. What the caller sets by hand comes last. Nothing here reads a clock or the
environment; the only files read are the shipped ones and those the caller names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from models.charge import PolicyLayer, Reason
from models.field import Setting
from rules.parameter import NotInForceError
from rules.policy.bill_hold import BILL_HOLD
from rules.policy.check import problems
from rules.policy.choice import applies, chosen_by, folders, in_order, local_layers
from rules.policy.layer_files import INHERITS, AdministrationClass, Layer, shipped_layers
from rules.policy.layer_version import codes
from rules.policy.origin import BY_HAND, Origin, answering, bill_hold_in, reason_of
from rules.policy.payers import with_what_it_extends
from rules.policy.site_layers import Place, with_the_sites
from rules.policy.switches import SWITCHES, PolicyError, Switch, chosen, switch
from rules.policy.told_apart import payers_at, place_told_apart
from rules.site_folder import SiteFolder, cached_by_site, site_in_force

__all__ = ["SWITCHES", "Origin", "Policy", "PolicyError", "chosen", "policy_for", "problems", "switch"]


MEDICARE = "medicare"
"""The payer whose coverage rules bind all that build on its layer."""


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
    drug_lines: Literal["off", "suggest", "release"]
    """Whether drugs stand on the set beside the charges, among them, or not at all."""
    bill_hold_days: int
    """Days after the departure at which a claim goes out, held or not; decides nothing that is coded."""
    medicare: bool = False
    """Whether the payer is Medicare, or one whose layer extends Medicare's."""
    complex_biologic_classes: Mapping[str, AdministrationClass] = field(default_factory=dict, hash=False)
    origins: Mapping[str, Origin] = field(default_factory=dict, hash=False, repr=False)
    layers: tuple[PolicyLayer, ...] = ()
    """The policy files of which an answer stands, in the order they were laid over each other."""
    overrides: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The switches answered by hand, by key."""
    passed_over: str = ""
    """Why the layer that ``--policy`` names does not code this stay: it is for another facility or department."""
    _said: dict[tuple[SiteFolder | None, str], Reason] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

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

    def because(self, key: str) -> Reason:
        """
        Return the reason of what a switch decided: its value, who answered it and where that is written.

        ``key`` may be a complex biologic that a layer's own map classes (P-14b).

        Raises PolicyError when there is neither such a switch nor such a drug.
        """
        asked = (site_in_force(), key)  # another site's sources may say it in other words
        if asked not in self._said:
            self._said[asked] = self._because(key)
        return self._said[asked]

    def _because(self, key: str) -> Reason:
        mapped = self.complex_biologic_classes.get(key)
        if mapped is None:
            return reason_of(switch(key), self.value(key), self.origin(key))
        value = f"payer_map ({key}: {mapped})"
        return reason_of(switch("complex_biologic_class_map"), value, self.origin(key))


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
    is laid over every stay that does not say it is another facility's or department's; or the path of a folder of
    policy files, from which each stay takes those of its own payer, facility and department. ``overrides`` are
    ``--set`` pairs, the last of a switch winning. ``extra_dirs`` are folders of policy files beside those of the site in force. A payer
    nobody has a profile for is coded under the global layer. Files are read once per process.

    Raises PolicyError for a choice, an override or a file that cannot be followed, and NotInForceError for a
    date before the first value of the global layer.
    """
    place = place_told_apart((facility, department), choice, extra_dirs)
    return _policy_for(setting, payer, *place, on, choice, overrides, with_the_sites(extra_dirs))


@cached_by_site(maxsize=8192)
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
    places = folders(choice, extra_dirs)
    local = local_layers(places)
    picked = chosen_by(choice, payer, payers_at(places), facility, department)
    set_by_hand = dict(chosen(key, value) for key, value in overrides)
    whose = Origin(BY_HAND, "--set") if "setting" in set_by_hand else Origin("encounter", "setting")
    if picked.setting and "setting" not in set_by_hand:
        whose = Origin("choice", "--policy")
    effective = chosen("setting", set_by_hand.pop("setting", picked.setting or setting))[1]
    applying = in_order(
        [
            *(layer for layer in local if layer not in picked.more and applies(layer, facility, department)),
            *picked.more,
        ]
    )
    payers = with_what_it_extends(picked.payer, (*shipped_layers(), *local))
    layers = (
        shipped_layers()[0],
        *(layer for layer in applying if layer.scope == "global"),
        *payers,
        *(layer for layer in applying if layer.scope != "global"),
    )
    base = next((layer.name for layer in reversed(payers) if codes(layer)), "default")
    name = "+".join((f"{base}-{effective}", *(layer.name for layer in applying if codes(layer))))
    began = [one.since for layer in layers for one in (*layer.values, *layer.classes) if one.since <= on]
    return _composed(
        name,
        (effective, whose),
        layers,
        max(began, default=on),
        tuple(sorted(set_by_hand.items())),
        picked.passed_over,
    )


@cached_by_site(maxsize=4096)
def _composed(
    name: str,
    setting: tuple[str, Origin],
    layers: tuple[Layer, ...],
    on: date,
    overrides: tuple[tuple[str, str], ...],
    passed_over: str,
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
    by_hand = dict(overrides)
    hold_days, hold_origin = bill_hold_in(layers, setting[0], on, by_hand.pop(BILL_HOLD.key, None))
    for key, value in by_hand.items():
        answers[key], origins[key] = value, Origin(BY_HAND, "--set")
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
    if setting[1].layer == BY_HAND:
        by_hand["setting"] = setting[0]
    answered = answering(layers, origins)
    origins[BILL_HOLD.key] = hold_origin
    decisions = repr((sorted(answers.items()), sorted(classes.items()))).encode()
    return Policy(
        name=name,
        medicare=any(layer.scope == "payer" and layer.name == MEDICARE for layer in layers),
        version=f"{max(layer.edition for layer in layers if codes(layer))}.{sha256(decisions).hexdigest()[:8]}",
        complex_biologic_classes=MappingProxyType(classes),
        origins=MappingProxyType(origins),
        layers=answered,
        overrides=MappingProxyType(by_hand),
        passed_over=passed_over,
        bill_hold_days=hold_days,
        **attributes,
    )


def _not_in_force(question: Switch, layer: Layer, on: date) -> Exception:
    dates = [answer.since for answer in layer.values if answer.key == question.key]
    if not dates:
        return PolicyError(f"{Path(layer.file).name} has no value for {question.key}: run `infusion check`.")
    place = "[[values]] entry with its source to rules/policies/global.toml"
    return NotInForceError(f"policy switch {question.key} ({question.id})", on, min(dates), place)
