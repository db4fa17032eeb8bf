"""What is another family's: toxins, clots, catheters, drugs patients give themselves, and the lone port flush."""

import re
from datetime import date, timedelta

from second_coder_desk import Desk, Given
from second_coder_electrolytes import spoken
from second_coder_window import ended_before, settled_as_others

from rules.formulary.exclusion_list import excluded

CLOT_OF_A_CATHETER = re.compile(r"\bocclu|\bdeclot|\bde-clot|\bclotted\b")
CATHETER_MG = 2
STROKE_OR_INFARCTION = re.compile(r"\bstroke|\bcva\b|\binfarct|\bstemi\b|\bnstemi\b|\bmi\b|\bi63|\bi21")


def settle_elsewhere(desk: Desk, given: Given) -> bool:
    """Settle what other code families report; return whether it is one of theirs."""
    if "botulinumtoxin" in given.substance:
        given.outcome = "not billed: A-28"
    elif given.substance in {"alteplase", "tenecteplase"}:
        settle_thrombolytic(desk, given)
    return given.outcome != "to code"


def settle_excluded(desk: Desk, given: Given) -> None:
    """Take out what patients give themselves: shown as not covered, so its order and its time have to hold (A-26)."""
    if given.outcome == "to code" and is_excluded(desk, given):
        desk.raise_flag("F-SAD")
        given.outcome = "not billed: R-INJ-6"


def settle_thrombolytic(desk: Desk, given: Given) -> None:
    """Tell a treated stroke or infarction, a lung's embolus, a cleared catheter and no known reason apart (A-27)."""
    administration = given.administration
    reason = (administration.indication or "").lower()
    small = administration.dose is not None and administration.dose <= CATHETER_MG
    catheter_dose = small and (administration.dose_unit or "").lower() == "mg"
    by_name = administration.dose is None and "cathflo" in spoken(administration.drug).lower()
    into_catheter = given.kind != "infusion" and (catheter_dose or by_name)
    if STROKE_OR_INFARCTION.search(reason):
        desk.raise_flag("F-THROMBOLYSIS")
        given.outcome = "not billed: R-BUN-6"
    elif "embol" in reason:
        return
    elif CLOT_OF_A_CATHETER.search(reason) or into_catheter:
        given.outcome = "not billed: R-BUN-5"
    else:
        desk.hold(given, "F-THROMBOLYSIS")


def is_excluded(desk: Desk, given: Given) -> bool:
    """Whether Medicare does not pay for an injection because patients give it to themselves (A-26)."""
    if desk.policy.sad == "bill" or not desk.policy.medicare:
        return False
    if given.kind != "injection" or given.route is None:
        return False
    drug, on = given.administration.drug, desk.date_of(given.start)
    code = drug.code if drug is not None and drug.system in {"hcpcs", None} else None
    return excluded(given.substance, code, given.route, on) is not None


def code_port_flushes(desk: Desk, givens: list[Given]) -> None:
    """Report the flush of a port that nothing else was done beside on its date (R-BUN-4, A-32)."""
    if desk.policy.home_pump_code == "G0498":
        return
    ports = {site.site_id for site in desk.encounter.sites if site.kind == "port"}
    flushes = [one for one in givens if is_flush(one)]
    taken = desk.given_on | {
        desk.date_of(desk.second(one.started_at))
        for one in desk.encounter.procedures
        if one.started_at is not None
    }
    for flush in sorted(flushes, key=lambda one: (one.start, one.identifier)):
        for day in dates(desk, flush)[:1]:
            if flush.administration.site_id in ports and day not in taken and is_ours(desk, flush):
                desk.write("96523", flush.start, [flush])
                taken.add(day)


def note_dates(desk: Desk, givens: list[Given]) -> None:
    """Write down on which dates anything but a flush was given."""
    desk.given_on = {day for one in givens if not is_flush(one) for day in dates(desk, one)}


def is_ours(desk: Desk, flush: Given) -> bool:
    """Whether a flush that would be reported was given inside the stay; settle it where it was not (R-WIN)."""
    flush.outcome = "to code"
    return not settled_as_others(desk, flush) and not ended_before(desk, flush)


def is_flush(given: Given) -> bool:
    """Whether something only kept an access clear."""
    intent = given.administration.intent
    return given.billing == "flush" or (given.billing == "HYD" and intent == "flush")


def dates(desk: Desk, given: Given) -> list[date]:
    """Return every date on which something was given, in order; none where nobody says when."""
    if given.start < 0:
        return []
    stops = [desk.second(flow.stop) - 1 for flow in given.administration.flows if flow.stop is not None]
    begun, ended = desk.date_of(given.start), desk.date_of(max([given.start, *stops]))
    return [begun + timedelta(days=days) for days in range((ended - begun).days + 1)]
