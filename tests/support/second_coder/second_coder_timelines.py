"""Stays written by hand: ``stay(infusion("ceftriaxone", "08:00", "09:31"), push("ondansetron", "08:05"))``."""

from datetime import UTC, date, datetime

from models.drug import Drug
from models.encounter import Administration, Encounter, Flow, empty_encounter
from rules.policy.resolve import Policy, policy_for

DAY = date(2026, 3, 2)
"""The first day of every stay written by hand; its zone is UTC."""


def at(clock: str) -> int:
    """Return the epoch seconds of ``08:30`` or ``08:30:15``, of ``1 08:30`` the day after."""
    days, _, time = clock.rpartition(" ")
    hours, minutes, seconds = [*time.split(":"), "0"][:3]
    midnight = int(datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC).timestamp())
    return midnight + (int(days or 0) * 24 + int(hours)) * 3600 + int(minutes) * 60 + int(seconds)


Example = tuple[Encounter, dict[str, str], str]
"""A stay, the switches set by hand, and the lines and flags worked out for it."""

BLANK = Administration(
    administration_id="",
    technique="infusion",
    drug=None,
    route="IV",
    order_id=None,
    order_status=None,
    dose_id=None,
    site_id=None,
    intent=None,
    indication=None,
    rate_ml_per_h=None,
    volume_ml=None,
    planned_minutes=None,
    dose=None,
    dose_unit=None,
    prehospital=None,
    device_id=None,
    counselling=None,
    lesion_count=None,
    complexity_documented=None,
    procedure_id=None,
    lumen=None,
    charted_by_role=None,
    supplied_by=None,
    research=None,
    order_modifiers=None,
    ordered_dose=None,
    ordered_dose_unit=None,
    weight_kg=None,
    body_surface_m2=None,
    given_at=None,
    flows=(),
    pump_flows=(),
    rates=(),
    bag_changes=(),
    stop_reason=None,
    touched=(),
    faults=(),
)

EMPTY = empty_encounter("E1", "discharged")._replace(
    setting="facility", time_zone="UTC", arrived_at=at("00:00"), departed_at=at("9 00:00")
)


def infusion(drug: str, /, *times: str | None, **told: object) -> Administration:
    """Return an infusion that flowed from the first time to the second, from the third to the fourth."""
    flows = tuple(
        Flow(at(start), None if stop is None else at(stop))
        for start, stop in zip(times[::2], times[1::2], strict=True)
        if start is not None
    )
    named = Drug(name=drug) if drug else None
    return BLANK._replace(drug=named, flows=flows, given_at=flows[0].start)._replace(**told)


def pumped(drug: str, /, *times: str, **told: object) -> Administration:
    """Return the pump's own record of an infusion, which no nurse charted."""
    charted = infusion(drug, *times)
    return charted._replace(flows=(), pump_flows=charted.flows)._replace(**told)


def fluid(*times: str | None, **told: object) -> Administration:
    """Return saline given for dehydration."""
    why = {"intent": "hydrate", "indication": "dehydration", **told}
    return infusion("normal saline", *times, **why)


def push(drug: str, moment: str, minutes: int | None = None, **told: object) -> Administration:
    """Return a push, with the minutes it took when they were charted."""
    flows = () if minutes is None else (Flow(at(moment), at(moment) + 60 * minutes),)
    given = BLANK._replace(technique="push", drug=Drug(name=drug), given_at=at(moment), flows=flows)
    return given._replace(**told)


def injection(drug: str, moment: str, route: str = "IM", **told: object) -> Administration:
    """Return an injection."""
    given = BLANK._replace(technique="injection", drug=Drug(name=drug), given_at=at(moment), route=route)
    return given._replace(**told)


def stay(*given: Administration, **told: object) -> Encounter:
    """Return a facility stay of these administrations, numbered as they are listed."""
    numbered = tuple(one._replace(administration_id=f"A{number}") for number, one in enumerate(given, 1))
    begun = {
        one.administration_id: min(
            [flow.start for flow in one.flows + one.pump_flows] + [one.given_at or at("9 00:00")]
        )
        for one in numbered
    }
    in_order = tuple(sorted(numbered, key=lambda one: (begun[one.administration_id], one.administration_id)))
    return EMPTY._replace(administrations=in_order)._replace(**told)


def policy(setting: str = "facility", payer: str | None = None, /, **answers: str) -> Policy:
    """Return the policy of a setting and a payer with some switches set by hand."""
    return policy_for(setting, payer, None, None, DAY, None, tuple(sorted(answers.items())))
