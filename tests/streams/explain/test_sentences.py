"""What ``explain`` says is true: sentences that once were not, each for the stay that showed it."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from streams.cli import main
from streams.explain.labels import TIMES

Told = dict[str, Any]


def told(event: str, clock: str, **fields: Any) -> Told:
    """Return one event of the second of March."""
    return {"type": event, "encounter_id": "E1", "occurred_at": f"2026-03-02T{clock}:00-05:00", **fields}


def infusion(name: str, drug: str, start: str, stop: str, **known: Any) -> list[Told]:
    """Return the events of one infusion into a vein of the arm, unless other facts are known."""
    facts = {"route": "IV", "site_id": "arm", **known}
    return [
        told("infusion_started", start, administration_id=name, drug={"name": drug}, **facts),
        told("infusion_stopped", stop, administration_id=name, reason="completed"),
    ]


def push(name: str, drug: str, clock: str) -> Told:
    """Return one push into a vein of the arm."""
    known = {"administration_id": name, "drug": {"name": drug}}
    return told("push_given", clock, route="IV", site_id="arm", **known)


def injection(name: str, drug: str, clock: str, route: str = "IM") -> Told:
    """Return one injection."""
    return told("injection_given", clock, administration_id=name, drug={"name": drug}, route=route)


def explained(*events: Told, setting: str = "facility") -> str:
    """Return the drawing and the words of a stay from 07:40 to 12:00, line breaks and indents as one space."""
    opened = told(
        "encounter_opened", "07:40", setting=setting, payer="medicare", time_zone="America/New_York"
    )
    stay = [opened, *events, told("encounter_discharged", "12:00")]
    lines = [json.dumps({**event, "event_id": f"L{number}"}) for number, event in enumerate(stay)]
    result = CliRunner().invoke(main, ["explain", "--width", "140"], input="\n".join(lines))
    assert not result.stderr
    return " ".join(result.stdout.split())


def test_the_minutes_of_a_cavity_s_line_are_billed() -> None:
    """They stand under its code; nothing flowed unbilled."""
    words = explained(*infusion("A1", "methotrexate", "08:00", "08:30", route="IT"))
    assert "█96450█" in words
    assert "30 min ██ billed" in words
    assert "flowed, not billed" not in words
    assert "Minutes that do not count" not in words


def test_keep_open_minutes_are_called_so() -> None:
    """No other service ran beside them."""
    fluid = infusion(
        "A1", "sodium chloride 0.9%", "08:00", "10:00",
        intent="hydrate", indication="dehydration", rate_ml_per_h=250,
    )  # fmt: skip
    words = explained(
        *fluid, told("infusion_rate_changed", "09:00", administration_id="A1", rate_ml_per_h=10)
    )
    assert "A1 60 min, 09:00\u201310:00: at a rate that only keeps the line open" in words
    assert "beside another service" not in words


@pytest.mark.parametrize("route", ["IM", "SC"])
def test_an_injection_s_modifier_names_no_route(route: str) -> None:
    """Its own needle and moment prove it, also beside an infusion under the skin."""
    under_the_skin = infusion("A1", "immune globulin", "08:00", "09:00", route="SC", device_id="PUMP")
    words = explained(*under_the_skin, injection("A2", "ketorolac", "09:30", route))
    assert f"96372 {TIMES}1 59" in words
    assert "R-MOD-3 An injection has a needle and a moment of its own, apart from 96369. " in words
    assert "nother route" not in words


def test_a_started_pump_beside_an_infusion_of_its_drug_is_no_matter_of_rac_0071() -> None:
    """The topic does not name 96416; the flag says what is wrong instead."""
    pump = told(
        "infusion_started", "10:00", administration_id="A2", drug={"name": "fluorouracil"}, route="IV",
        site_id="arm", technique="prolonged_pump", planned_minutes=2760,
    )  # fmt: skip
    words = explained(*infusion("A1", "fluorouracil", "08:00", "09:40"), pump)
    assert "F-MULTI_INITIAL A1, A2 96416 starts a pump with the drug already infused under 96413" in words
    assert "RAC topic 0071" not in words


def test_a_pair_that_only_drug_and_time_part_is_left_to_a_person() -> None:
    """The flag does not claim that nothing parts them."""
    pump = told(
        "infusion_started", "10:00", administration_id="A2", drug={"name": "fluorouracil"}, route="IV",
        site_id="arm", technique="prolonged_pump", planned_minutes=2760,
    )  # fmt: skip
    words = explained(*infusion("A1", "ceftriaxone", "08:00", "09:00"), pump)
    assert (
        "F-NCCI A1, A2 96365 is bundled into 96416 on 2026-03-02; neither route nor site parts them, and on "
        "another drug or time alone a person sets the modifier (NCCI modifier indicator 1, edition of 2024-07-01)."
    ) in words


def test_planned_minutes_of_a_pump_are_no_charted_minutes() -> None:
    """The line has none; its reason has the plan."""
    pump = told(
        "infusion_started", "10:00", administration_id="A1", drug={"name": "fluorouracil"}, route="IV",
        site_id="arm", technique="prolonged_pump", planned_minutes=2760,
    )  # fmt: skip
    words = explained(pump)
    assert f"96416 {TIMES}1 2026-03-02 charted A1" in words
    assert "R-CHEMO-6 Started on a pump, planned for 2760 minutes. " in words
    assert "2760 min " not in words


def test_an_office_s_push_is_not_the_facility_s_initial() -> None:
    """It is the best ranked service of the stay."""
    words = explained(push("A1", "ketorolac", "09:00"), setting="office")
    assert "R-HIER-1 The best ranked service of the stay at this site." in words
    assert "facility" not in words.lower()


def test_one_line_of_three_pushes_names_the_short_infusion() -> None:
    """The other two were charted as pushes; a line of one needs no name."""
    short = infusion("A2", "dexamethasone", "09:00", "09:10")
    antibiotic = infusion("A1", "ceftriaxone", "08:00", "09:00")
    more = (push("A3", "ondansetron", "09:30"), push("A4", "ketorolac", "09:40"))
    assert "R-TIME-1 A2: An infusion of 10 minutes is a push. " in explained(*antibiotic, *short, *more)
    assert "R-TIME-1 An infusion of 10 minutes is a push. " in explained(*antibiotic, *short)


def test_a_point_procedure_is_a_point() -> None:
    """Only a service that takes time lacks its end."""
    known = {"procedure_id": "P1", "kind": "port_irrigation"}
    words = explained(
        *infusion("A1", "ceftriaxone", "08:00", "09:00"), told("procedure_started", "09:10", **known)
    )
    drawn = words[words.index("other services") : words.index("██ billed")]
    assert drawn.count("═") == 1
    assert drawn.endswith(" 09:10 ")
    assert "end not charted" not in words


def test_a_procedure_that_takes_time_and_has_no_end_says_so() -> None:
    """It is drawn to the departure, because drugs until then may be part of it."""
    known = {"procedure_id": "P1", "kind": "biopsy"}
    words = explained(
        *infusion("A1", "ceftriaxone", "08:00", "09:00"), told("procedure_started", "09:10", **known)
    )
    assert "09:10\u201312:00" in words


def test_one_unit_is_one_unit() -> None:
    """Hydration's arithmetic, in the singular and in the plural."""
    known = {"intent": "hydrate", "indication": "dehydration", "rate_ml_per_h": 250}
    one = explained(*infusion("A1", "sodium chloride 0.9%", "08:00", "08:40", **known))
    two = explained(*infusion("A1", "sodium chloride 0.9%", "08:00", "10:00", **known))
    assert "40 qualifying minutes: 1 unit in all." in one
    assert "120 qualifying minutes: 2 units in all." in two


def test_a_merged_stay_names_the_one_that_bills() -> None:
    """At the end of the chain, not the next link."""
    moved = [("E1", "E2", "10:00"), ("E2", "E3", "10:10")]
    chain = [
        told("encounter_merged", clock, into_encounter_id=into) | {"encounter_id": name}
        for name, into, clock in moved
    ]
    words = explained(*infusion("A1", "ceftriaxone", "08:00", "09:00"), *chain)
    first, second, third = words.split("Encounter E")[1:]
    assert "A1: The stay was merged into E3, which bills it." in first
    assert "96365" not in first + second
    assert "96365" in third


def test_what_holds_the_charges_says_what_clears_it_and_an_answer_who_gave_it() -> None:
    """The events that would say it, the decisions; once one is made, who, when and why, on the line too."""
    drip = infusion("A1", "hydromorphone", "08:00", "08:40", technique="pca")
    words = explained(*drip)
    assert "review_decided (attest, code 96379, no_code)" in words.partition("cleared by: ")[2]
    answer = {"flag": "F-PCA", "administration_ids": ["A1"], "decision": "attest"}
    why = {"reason": "The order has a basal rate.", "decided_by": "coder-7"}
    words = explained(*drip, told("review_decided", "13:00", **answer, **why))
    said = "F-PCA, attest: decided by coder-7 at 2026-03-02T18:00:00Z: The order has a basal rate."
    assert words.count(said) == 2
    number = words.partition(f"R-REV-1 {said} [")[2].partition("]")[0]
    assert f"[{number}] Decision L3 by coder-7" in words
    assert "cleared by" not in words
