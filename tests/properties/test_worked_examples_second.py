"""The rule book's worked examples, coded by the second coder: it must be right before it may judge."""

from collections import Counter

import pytest
from second_coder import second_coding
from second_coder_timelines import fluid, infusion, injection, policy, push, stay

from models.encounter import AccessSite, Encounter

TWO_SITES = (
    AccessSite("left", "peripheral", None, None, None, None),
    AccessSite("right", "peripheral", None, None, None, None),
)
JUSTIFIED = (TWO_SITES[0], TWO_SITES[1]._replace(separate_site_reason="incompatible drugs"))

FLUID_AROUND_CHEMO = stay(
    fluid("08:00", "08:29"), infusion("paclitaxel", "08:29", "10:00"), fluid("10:00", "10:20")
)
THREE_DOSES = tuple(
    infusion("piperacillin-tazobactam", start, stop, dose_id=start)
    for start, stop in (("06:00", "06:30"), ("12:00", "12:30"), ("18:00", "18:30"))
)
A_BESIDE_B = (
    infusion("azithromycin", "09:30", "10:30", site_id="left"),
    infusion("ceftriaxone", "09:30", "10:31", site_id="right"),
)
NO_STOP = stay(infusion("ceftriaxone", "09:00", None))

CASES: dict[str, tuple[Encounter, dict[str, str], str]] = {
    "W-01 15 min cefazolin": (stay(infusion("cefazolin", "08:00", "08:15")), {}, "96374"),
    "W-02 16 min cefazolin": (stay(infusion("cefazolin", "08:00", "08:16")), {}, "96365"),
    "W-03 90 min vancomycin": (stay(infusion("vancomycin", "08:00", "09:30")), {}, "96365"),
    "W-04 91 min vancomycin": (stay(infusion("vancomycin", "08:00", "09:31")), {}, "96365 96366"),
    "W-05 151 min vancomycin": (stay(infusion("vancomycin", "08:00", "10:31")), {}, "96365 96366*2"),
    "W-06 30 min of fluid": (stay(fluid("08:00", "08:30")), {}, ""),
    "W-07 31 min of fluid": (stay(fluid("08:00", "08:31")), {}, "96360"),
    "W-08 fluid across midnight": (stay(fluid("23:00", "1 02:00")), {}, "96360 96361*2"),
    "W-09 push, then fluid across midnight": (
        stay(push("ondansetron", "23:40"), fluid("23:48", "1 01:30")),
        {},
        "96374 96361*2",
    ),
    "W-10 fluid with two pushes of 5 min": (
        stay(
            fluid("08:00", "11:00"),
            push("ondansetron", "09:00", 5),
            push("ketorolac", "10:00", 5),
        ),
        {},
        "96374 96375 96361*3",
    ),
    "W-11 a drug inside fluid": (
        stay(fluid("16:00", "19:00"), infusion("ceftriaxone", "17:00", "18:00")),
        {},
        "96365 96361*2",
    ),
    "W-12 the longer drug overlaps the first": (
        stay(infusion("azithromycin", "06:00", "07:30"), infusion("vancomycin", "07:00", "16:00")),
        {},
        "96365 96366*8 96367",
    ),
    "W-13 two drugs at once": (
        stay(infusion("azithromycin", "09:30", "10:30"), infusion("ceftriaxone", "09:32", "10:31")),
        {},
        "96365 96368",
    ),
    "W-14 three drugs at once": (
        stay(
            infusion("azithromycin", "09:00", "11:00"),
            infusion("ceftriaxone", "09:00", "10:00"),
            infusion("vancomycin", "09:30", "10:30"),
        ),
        {},
        "96365 96366 96368",
    ),
    "W-15 oxaliplatin beside leucovorin": (
        stay(infusion("oxaliplatin", "09:00", "11:42"), infusion("leucovorin", "09:00", "11:42")),
        {},
        "96413 96415*2 96368",
    ),
    "W-16 rituximab with a hold": (
        stay(infusion("rituximab", "08:00", "09:20", "10:35", "13:20")),
        {},
        "96413 96415*3",
    ),
    "W-17 antibiotic, then chemotherapy": (
        stay(infusion("ceftriaxone", "08:00", "08:30"), infusion("paclitaxel", "08:30", "10:25")),
        {},
        "96413 96415 96367",
    ),
    "W-18 chemotherapy push, then fluid": (
        stay(push("doxorubicin", "08:00"), fluid("08:05", "09:40")),
        {},
        "96409 96361*2",
    ),
    "W-19 same push over midnight": (
        stay(push("morphine", "22:00"), push("morphine", "1 02:00")),
        {},
        "96374 96376",
    ),
    "W-20 same push at 0, 20, 40": (
        stay(push("morphine", "08:00"), push("morphine", "08:20"), push("morphine", "08:40")),
        {},
        "96374 96376",
    ),
    "W-21 same push at 0, 30": (stay(push("morphine", "08:00"), push("morphine", "08:30")), {}, "96374"),
    "W-22 office, same push at 0, 45": (
        stay(push("morphine", "08:00"), push("morphine", "08:45"), setting="office"),
        {},
        "96374",
    ),
    "W-23 push an hour after an infusion of the drug": (
        stay(infusion("diltiazem", "08:00", "10:00"), push("diltiazem", "11:00")),
        {},
        "96365 96366 96376",
    ),
    "W-23b push 20 min after an infusion of the drug": (
        stay(infusion("diltiazem", "08:00", "08:43"), push("diltiazem", "09:03")),
        {},
        "96365 F-BOLUS_SAME_DRUG",
    ),
    "W-23c push the day before an infusion of the drug": (
        stay(push("diltiazem", "08:00"), infusion("diltiazem", "1 08:00", "1 09:00")),
        {},
        "96365 96376",
    ),
    "W-23d office, hydration is the key reason": (
        stay(
            fluid("08:00", "10:00", order_id="O1"),
            push("ondansetron", "10:30"),
            setting="office",
            key_reason_order_id="O1",
        ),
        {},
        "96360 96361 96375",
    ),
    "W-24 three doses, each on its own": (stay(*THREE_DOSES), {}, "96365 96366*2"),
    "W-25 three doses, summed": (stay(*THREE_DOSES), {"P-05": "sum_per_encounter"}, "96365"),
    "W-26 one dose with a pause": (
        stay(infusion("vancomycin", "08:00", "08:50", "09:10", "10:00")),
        {},
        "96365 96366",
    ),
    "W-27 fragments need an anchor": (FLUID_AROUND_CHEMO, {}, "96413 96415 F-HYD_FRAGMENTED"),
    "W-28 fragments summed": (FLUID_AROUND_CHEMO, {"P-12": "cumulative"}, "96413 96415 96361"),
    "W-29 two sites, one with a reason": (stay(*A_BESIDE_B, sites=JUSTIFIED), {}, "96365 96365-59"),
    "W-30 two sites without a reason": (
        stay(*A_BESIDE_B, sites=TWO_SITES),
        {},
        "96365 96368 F-SECOND_SITE",
    ),
    "W-31 chemotherapy beside chemotherapy": (
        stay(infusion("paclitaxel", "08:00", "09:00"), infusion("carboplatin", "08:00", "09:00")),
        {},
        "96413 F-CHEMO_CONCURRENT",
    ),
    "W-32 two infusions, a push, an injection": (
        stay(
            infusion("azithromycin", "08:00", "09:00"),
            infusion("vancomycin", "09:00", "10:40"),
            push("ondansetron", "08:30"),
            injection("ketorolac", "08:40"),
        ),
        {},
        "96365 96366 96367 96375 96372-59",
    ),
    "W-33 no stop, held": (NO_STOP, {}, "F-MISSING_STOP"),
    "W-34 no stop, a push": (NO_STOP, {"P-15": "push"}, "96374"),
    "W-35 office, infliximab as a plain drug": (
        stay(fluid("08:00", "09:00"), infusion("infliximab", "09:00", "11:05"), setting="office"),
        {"P-14b": "ther"},
        "96365 96366 96361 F-KEY_REASON",
    ),
    "W-36 professional in a hospital": (
        stay(infusion("vancomycin", "08:00", "09:00"), setting="professional_in_facility"),
        {},
        "",
    ),
    "W-37 nothing but an open line": (stay(fluid("08:00", "12:00", intent="kvo")), {}, ""),
    "W-38 a chemotherapy day": (
        stay(
            push("dexamethasone", "08:00"),
            infusion("ondansetron", "08:10", "08:30"),
            infusion("paclitaxel", "08:40", "11:45"),
            infusion("carboplatin", "11:50", "12:25"),
        ),
        {},
        "96413 96415*2 96417 96367 96375",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_second_coder_agrees_with_the_rule_book_on(case: str) -> None:
    """RULEBOOK 11.4, with the modifiers and flags the rules add; the flags told are the only ones checked."""
    encounter, answers, told = CASES[case]
    setting = encounter.setting or "facility"
    expected: Counter[str] = Counter()
    flags = set()
    for word in told.split():
        if word.startswith("F-"):
            flags.add(word)
        else:
            line, _, units = word.partition("*")
            expected[line] += int(units or 1)
    result = second_coding(encounter, policy(setting, **answers))
    found: Counter[str] = Counter()
    for (code, _, modifiers), units in result.lines.items():
        found["-".join((code, *modifiers))] += units

    assert expected == found
    assert flags <= result.flags
    assert {"F-MISSING_STOP", "F-CHEMO_CONCURRENT", "F-KEY_REASON"} & result.blocking <= flags
