"""One administration as Hypothesis draws it: drugs, fluids, pushes, injections, and what is set aside."""

from decimal import Decimal
from typing import Any

from drawn_charting import charted_badly
from drawn_codes import coded_drug
from drawn_day import Day
from hypothesis import strategies as st
from second_coder_timelines import BLANK

from models.drug import Drug
from models.encounter import Administration, Flow

INFUSED = (
    "ceftriaxone",
    "vancomycin",
    "diltiazem",
    "azithromycin",
    "acetaminophen",
    "paclitaxel",
    "carboplatin",
    "doxorubicin",
    "infliximab",
    "Remicade",
    "magnesium sulfate",
)
PUSHED = ("ondansetron", "morphine", "diltiazem", "ceftriaxone", "doxorubicin", "fluorouracil", "vancomycin")
FLUIDS = ("normal saline", "lactated ringer's")
INJECTED = (
    "ketorolac",
    "morphine",
    "methotrexate",
    "leuprolide",
    "denosumab",
    "influenza vaccine",
    "nirsevimab",
    "insulin lispro",
    "adalimumab",
    "onabotulinumtoxinA",
)
REASONS = ("dehydration", "dehydration", "vomiting", "hypovolemia", "E86.0", "R11.2")
THROMBOLYTIC = (
    (Decimal(2), "mg", None),
    (Decimal(50), "mg", "acute ischemic stroke"),
    (Decimal(50), "mg", "pulmonary embolism"),
    (None, None, "catheter occlusion"),
    (Decimal(50), "mg", None),
)
NO_REASONS = ("observation", "r/o MI", "maintenance", "POTS", "Z51.11")
"""What is charted beside fluids and is no reason for volume (A-18)."""


def drawn(day: Day) -> Administration:
    """Draw one administration."""
    kinds = (
        *(_drug_infusion,) * 7,
        *(_push,) * 4,
        *(_fluid,) * 4,
        *(_injection,) * 2,
        _subcutaneous,
        _arterial,
        _pump,
        _aside,
    )
    given = day.draw(st.sampled_from(kinds))(day)
    return charted_badly(day, given) if day.charting and day.rarely(4) else given


def flowing(day: Day, drug: Drug, begun: int | None = None, **told: Any) -> Administration:
    """Return an infusion of a drug with drawn times."""
    stretches = day.flows(day.begin() if begun is None else begun)
    flows = tuple(Flow(day.instant(start), day.instant(stop)) for start, stop in stretches)
    touched = tuple(sorted(end for flow in flows for end in flow if end is not None)[1:])
    given = BLANK._replace(drug=drug, flows=flows, touched=touched, site_id=day.place(), **day.order())
    return given._replace(given_at=flows[0].start)._replace(**told)


def _drug_infusion(day: Day) -> Administration:
    if day.rarely(12):
        return flowing(day, Drug(ingredients=("ondansetron", "dexamethasone")))
    if day.rarely(8):
        return _electrolyte(day)
    given = flowing(day, Drug(name=day.draw(st.sampled_from(INFUSED))))
    if day.rarely(12):
        given = given._replace(
            stop_reason=day.draw(st.sampled_from(("discontinued", "reaction", "completed")))
        )
    return given


def _electrolyte(day: Day) -> Administration:
    """Draw an electrolyte in a fluid or by itself: with a dose or without, in much or little, for this or that."""
    electrolyte = day.draw(st.sampled_from(("potassium chloride", "magnesium sulfate")))
    told = day.draw(
        st.sampled_from(
            (
                {},
                {"dose": Decimal(20), "dose_unit": "mEq"},
                {"dose": Decimal(2), "dose_unit": "g"},
                {"dose": Decimal(1000), "dose_unit": "mL"},
            )
        )
    )
    drug = day.draw(
        st.sampled_from(
            (
                Drug(ingredients=("normal saline", electrolyte)),
                Drug(ingredients=("normal saline", electrolyte)),
                Drug(name=electrolyte),
            )
        )
    )
    return flowing(
        day,
        drug,
        indication=day.draw(st.sampled_from(("hypokalemia", "dehydration", "dehydration", None, "POTS"))),
        intent=day.draw(st.sampled_from((None, None, "hydrate", "treat"))),
        volume_ml=day.draw(st.sampled_from((None, Decimal(100), Decimal(499), Decimal(500), Decimal(1000)))),
        **told,
    )


def _push(day: Day) -> Administration:
    begun = day.begin()
    day.started = begun
    moment = day.instant(begun)
    took = day.draw(st.sampled_from((None, None, 2, 5, 15)))
    flows = () if took is None else (Flow(moment, moment + 60 * took),)
    drug = Drug(name=day.draw(st.sampled_from(PUSHED)))
    return BLANK._replace(
        technique="push", drug=drug, given_at=moment, flows=flows, site_id=day.place(), **day.order()
    )


def _fluid(day: Day) -> Administration:
    given = flowing(
        day,
        Drug(name=day.draw(st.sampled_from(FLUIDS))),
        intent="hydrate",
        indication=day.draw(st.sampled_from(REASONS)),
    )
    if day.rarely(6):
        return given._replace(intent=day.draw(st.sampled_from(("kvo", "carrier", "flush"))))
    if day.rarely(12):
        return given._replace(indication=None)
    if day.rarely(6):
        return given._replace(indication=day.draw(st.sampled_from(NO_REASONS)), intent=_purpose(day))
    if day.rarely(6):
        return given._replace(intent=_purpose(day))
    if day.rarely(5):
        rate = day.draw(st.sampled_from((30, 50, 51, 125)))
        later = day.draw(st.sampled_from((20, 50, 125)))
        turned = given.flows[0].start + 60 * day.draw(st.sampled_from((10, 31, 60)))
        rates = ((given.flows[0].start, Decimal(rate)), (turned, Decimal(later)))
        ended = given.flows[-1].stop or turned
        return given._replace(rate_ml_per_h=Decimal(rate), rates=rates if turned < ended else rates[:1])
    return given


def _purpose(day: Day) -> Any:
    """Draw what a fluid is said to be for."""
    return day.draw(st.sampled_from((None, "treat", "hydrate")))


def _injection(day: Day) -> Administration:
    begun = day.begin()
    return BLANK._replace(
        technique="injection",
        drug=Drug(name=day.draw(st.sampled_from(INJECTED))),
        route=day.draw(st.sampled_from(("SC", "IM"))),
        given_at=day.instant(begun),
        counselling=day.draw(st.sampled_from((None, True, False))),
        **day.order(),
    )


def _subcutaneous(day: Day) -> Administration:
    """Draw an infusion under the skin with or without a pump, rarely one charted into a muscle."""
    return flowing(
        day,
        Drug(name=day.draw(st.sampled_from(("deferoxamine", "immune globulin")))),
        route=day.draw(st.sampled_from(("SC", "SC", "SC", "SC", "IM"))),
        device_id=day.draw(st.sampled_from((None, "P1", "P1"))),
    )


def _arterial(day: Day) -> Administration:
    drug = Drug(name=day.draw(st.sampled_from(("doxorubicin", "carboplatin", "diltiazem"))))
    if day.draw(st.booleans()):
        return flowing(day, drug, route="IA")
    return BLANK._replace(
        technique="injection", drug=drug, route="IA", given_at=day.instant(day.begin()), **day.order()
    )


def _pump(day: Day) -> Administration:
    drug = Drug(name=day.draw(st.sampled_from(("fluorouracil", "deferoxamine", "doxorubicin"))))
    return flowing(
        day,
        drug,
        technique="prolonged_pump",
        planned_minutes=day.draw(st.sampled_from((None, 480, 481, 2760))),
        route=day.draw(st.sampled_from(("IV", "IV", "IA"))),
    )


def _aside(day: Day) -> Administration:
    """Draw what is not coded here, or not without a question."""
    flowed = (_blood, _coded)
    given = (
        _cavity,
        _sedation,
        _contrast,
        _unknown,
        _on_body,
        flush,
        _in_procedure,
        _thrombolytic,
        _by_route,
    )
    return day.draw(st.sampled_from((*given, *flowed)))(day)


def _blood(day: Day) -> Administration:
    return flowing(day, Drug(name="red blood cells"))


def _coded(day: Day) -> Administration:
    told = coded_drug(day)
    if day.rarely(4):
        return _push(day)._replace(**told)
    return flowing(day, told.pop("drug"), **told)


def _cavity(day: Day) -> Administration:
    """Draw chemotherapy, rarely another drug, into the spinal canal, a cavity or lesions."""
    routes = ("IT", "INTRAPLEURAL", "INTRAPERITONEAL", "INTRALESIONAL", "INTRALESIONAL", "INTRAVENTRICULAR")
    given = _push(day)._replace(
        technique=day.draw(st.sampled_from(("injection", "push"))),
        drug=Drug(name=day.draw(st.sampled_from(("methotrexate", "methotrexate", "morphine")))),
        route=day.draw(st.sampled_from(routes)),
    )
    return given._replace(lesion_count=day.draw(st.sampled_from((None, 3, 7, 8))))


def _contrast(day: Day) -> Administration:
    return _push(day)._replace(drug=Drug(name="iohexol"))


def _unknown(day: Day) -> Administration:
    return _push(day)._replace(drug=Drug(name="mystery"))


def flush(day: Day) -> Administration:
    """Draw the flush of an access, a port's among them (A-32)."""
    return _push(day)._replace(drug=Drug(name="heparin flush"))


def _on_body(day: Day) -> Administration:
    return _injection(day)._replace(technique="on_body_injector", drug=Drug(name="pegfilgrastim"), route="SC")


def _in_procedure(day: Day) -> Administration:
    return _push(day)._replace(intent="procedure")


def _sedation(day: Day) -> Administration:
    """Draw sedation, pain relief or an anaesthetic, by push or drip; in a procedure where the stay has one (A-34)."""
    told = {
        "drug": Drug(name=day.draw(st.sampled_from(("midazolam", "fentanyl", "propofol", "ketorolac")))),
        "indication": day.draw(st.sampled_from((None, "ventilated", "procedural sedation", "pain"))),
        "intent": day.draw(st.sampled_from((None, None, "treat"))),
    }
    if day.rarely(3):
        return flowing(day, told.pop("drug"), **told)
    return _push(day)._replace(**told)


def _thrombolytic(day: Day) -> Administration:
    dose, unit, reason = day.draw(st.sampled_from(THROMBOLYTIC))
    given = _push(day)._replace(drug=Drug(name="alteplase"), indication=reason)
    return given._replace(dose=dose, dose_unit=unit)


def _by_route(day: Day) -> Administration:
    return _push(day)._replace(route=day.draw(st.sampled_from(("IO", "PO", "IVP", "elbow"))))
