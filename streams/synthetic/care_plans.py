"""
What outpatients are given, as plans of care: the emergency department, observation, the infusion centre, the office.

A plan is a list of doses in the order they are given, with the spread of minutes a nurse would see. Plans
hold no chance and no clock; the weights are rounded to what an infusion service would recognise and stand
for no particular hospital. Drugs are generic names the formulary knows.
"""

from typing import Literal, NamedTuple

Area = Literal["emergency", "observation", "infusion_centre", "office"]

_HYDRATION = "dehydration after vomiting"


class Dose(NamedTuple):
    """One ordered drug: how it is given, for how many minutes (least, most), and how often it is repeated."""

    drug: str
    how: Literal["infusion", "push", "injection", "on_body_injector", "prolonged_pump"] = "infusion"
    minutes: tuple[int, int] = (0, 0)
    wait: tuple[int, int] = (2, 12)
    """Minutes between the end of the dose before and this one."""
    beside: bool = False
    """Whether it starts beside the dose before, not after it."""
    share: float = 1.0
    route: str = "IV"
    volume_ml: int | None = None
    intent: Literal["treat", "hydrate"] = "treat"
    indication: str | None = None
    doses: tuple[int, int] = (1, 1)
    every_h: int = 0
    carrier: str | None = None
    """The base fluid a piggyback hangs in; a drug with one is what charts show as a one-minute push."""
    steps: tuple[int, int] = (0, 0)
    """Rate changes, least and most."""
    planned_minutes: int | None = None


class Plan(NamedTuple):
    """What one kind of patient comes for; ``weight`` is its share of the visits to an area."""

    weight: float
    doses: tuple[Dose, ...]
    access: Literal["peripheral", "port", "picc"] | None = "peripheral"
    procedure: str | None = None
    key: int = 0
    """Which of the doses the patient comes for."""


_SALINE = "sodium chloride 0.9%"


def _push(drug: str, share: float = 1.0, **more: int) -> Dose:
    every = more.get("every_h", 0)
    return Dose(drug, "push", share=share, every_h=every, doses=(1, more.get("most", 1)))


def _bolus(least: int, most: int, share: float = 1.0, indication: str = _HYDRATION) -> Dose:
    return Dose(
        _SALINE, minutes=(least, most), share=share, volume_ml=1000, intent="hydrate", indication=indication
    )


def _piggyback(drug: str, least: int, most: int, share: float = 1.0, volume_ml: int = 100) -> Dose:
    return Dose(drug, minutes=(least, most), share=share, volume_ml=volume_ml, carrier=_SALINE)


def _repeated(drug: str, minutes: tuple[int, int], every_h: int, doses: tuple[int, int]) -> Dose:
    return Dose(drug, minutes=minutes, volume_ml=100, carrier=_SALINE, every_h=every_h, doses=doses)


def _injection(drug: str, route: str, share: float = 1.0) -> Dose:
    return Dose(drug, "injection", route=route, share=share)


_EMERGENCY = (
    Plan(
        26,
        (
            _push("ondansetron"),
            _push("ketorolac", 0.5),
            _push("morphine", 0.4, every_h=1, most=2),
            _bolus(40, 130, 0.8),
        ),
    ),
    Plan(
        14,
        (
            _push("metoclopramide"),
            _push("diphenhydramine", 0.8),
            _push("ketorolac", 0.6),
            _bolus(40, 110),
            Dose("magnesium sulfate", minutes=(20, 60), share=0.25, volume_ml=50, indication="migraine"),
        ),
    ),
    Plan(
        18,
        (
            _bolus(25, 75, 0.6),
            _piggyback("ceftriaxone", 12, 40, volume_ml=50),
            _piggyback("azithromycin", 58, 75, 0.4, volume_ml=250),
            Dose("acetaminophen", minutes=(14, 20), share=0.3, volume_ml=100),
        ),
    ),
    Plan(
        7,
        (
            _push("morphine", 0.5, every_h=1, most=2),
            _push("heparin", 0.5),
            Dose("heparin", minutes=(90, 420), volume_ml=250, steps=(0, 4), wait=(1, 5)),
        ),
    ),
    Plan(
        8,
        (
            _push("methylprednisolone"),
            _push("diphenhydramine", 0.5),
            _push("famotidine", 0.4),
            Dose("magnesium sulfate", minutes=(18, 35), share=0.4, volume_ml=50, indication="asthma"),
        ),
    ),
    Plan(
        4,
        (
            _bolus(55, 120),
            Dose("insulin", minutes=(120, 420), volume_ml=100, steps=(1, 6)),
            Dose(
                "potassium chloride", minutes=(60, 125), volume_ml=100, indication="hypokalaemia", share=0.6
            ),
        ),
    ),
    Plan(9, (_injection("ketorolac", "IM"),), access=None),
    Plan(4, (_piggyback("cefazolin", 10, 30, volume_ml=50), _push("hydromorphone", 0.4))),
)

_OBSERVATION = (
    Plan(
        4,
        (
            _repeated("piperacillin/tazobactam", (28, 45), 8, (2, 5)),
            Dose(
                "vancomycin",
                minutes=(60, 125),
                every_h=12,
                doses=(1, 3),
                share=0.6,
                volume_ml=250,
                carrier=_SALINE,
            ),
        ),
    ),
    Plan(
        3,
        (_bolus(30, 60, 0.7), _repeated("cefepime", (28, 40), 8, (2, 4)), _push("ondansetron")),
    ),
    Plan(
        3,
        (
            _push("hydromorphone", every_h=4, most=5),
            _push("ondansetron", 0.8, every_h=6, most=3),
            Dose(
                "lactated ringer's",
                minutes=(240, 600),
                volume_ml=1000,
                intent="hydrate",
                indication=_HYDRATION,
                steps=(0, 2),
            ),
        ),
    ),
    Plan(
        2,
        (
            _push("heparin"),
            Dose("heparin", minutes=(600, 1380), volume_ml=250, steps=(2, 9), wait=(1, 5)),
            _push("metoprolol", 0.4, every_h=6, most=2),
        ),
    ),
)

_PREMEDICATION = (
    _push("palonosetron", 0.8),
    Dose("dexamethasone", minutes=(10, 25), volume_ml=50),
    Dose("fosaprepitant", minutes=(20, 35), volume_ml=150, share=0.3),
)

_INFUSION_CENTRE = (
    Plan(
        9,
        (
            *_PREMEDICATION,
            Dose("oxaliplatin", minutes=(115, 135), volume_ml=500),
            Dose("leucovorin", minutes=(110, 130), volume_ml=250, beside=True),
            _push("fluorouracil"),
            Dose("fluorouracil", "prolonged_pump", planned_minutes=2760, volume_ml=100),
        ),
        access="port",
    ),
    Plan(
        8,
        (
            *_PREMEDICATION,
            _push("diphenhydramine"),
            _push("famotidine"),
            Dose("paclitaxel", minutes=(60, 195), volume_ml=500, steps=(0, 3)),
            Dose("carboplatin", minutes=(30, 65), volume_ml=250),
        ),
        access="port",
    ),
    Plan(
        5,
        (*_PREMEDICATION, _push("doxorubicin"), Dose("cyclophosphamide", minutes=(30, 65), volume_ml=250)),
        access="port",
    ),
    Plan(
        5,
        (
            _bolus(60, 125, indication="prevention of kidney damage"),
            *_PREMEDICATION,
            Dose("gemcitabine", minutes=(30, 40), volume_ml=250),
            Dose("cisplatin", minutes=(60, 125), volume_ml=500),
            _bolus(60, 125, indication="prevention of kidney damage"),
        ),
    ),
    Plan(9, (Dose("pembrolizumab", minutes=(28, 38), volume_ml=100),), access="port"),
    Plan(
        6,
        (
            _push("diphenhydramine"),
            Dose("acetaminophen", minutes=(14, 20), share=0.4, volume_ml=100),
            Dose("rituximab", minutes=(180, 330), volume_ml=500, steps=(3, 8)),
        ),
    ),
    Plan(
        6,
        (_injection("bortezomib", "SC"), _injection("denosumab", "SC", 0.3)),
        access=None,
    ),
    Plan(4, (_injection("leuprolide", "IM"),), access=None),
    Plan(10, (Dose("iron sucrose", minutes=(15, 65), volume_ml=100),)),
    Plan(5, (Dose("ferric carboxymaltose", minutes=(15, 25), volume_ml=250),)),
    Plan(
        5,
        (
            _push("diphenhydramine", 0.7),
            Dose("immune globulin", minutes=(150, 330), volume_ml=400, steps=(3, 6)),
        ),
    ),
    Plan(5, (Dose("infliximab", minutes=(95, 150), volume_ml=250, steps=(0, 5)),)),
    Plan(3, (Dose("natalizumab", minutes=(58, 66), volume_ml=100),)),
    Plan(
        7,
        (Dose("ertapenem", minutes=(28, 36), volume_ml=50, carrier=_SALINE),),
        access="picc",
    ),
    Plan(5, (_bolus(58, 190), _push("ondansetron", 0.5))),
    Plan(4, (_injection("cyanocobalamin", "IM"),), access=None),
    Plan(
        2,
        (_injection("denosumab", "SC"), Dose("pegfilgrastim", "on_body_injector", route="SC")),
        access=None,
    ),
    Plan(
        2,
        (Dose("immune globulin", minutes=(60, 150), route="SC", volume_ml=50),),
        access=None,
    ),
    Plan(3, (), access="port", procedure="port_irrigation"),
)

_OFFICE = (
    Plan(4, (_injection("cyanocobalamin", "IM"),), access=None),
    Plan(3, (_injection("ceftriaxone", "IM"),), access=None),
    Plan(3, (Dose("iron sucrose", minutes=(15, 65), volume_ml=100),)),
    Plan(3, (_push("diphenhydramine", 0.5), Dose("infliximab", minutes=(95, 150), volume_ml=250)), key=1),
    Plan(2, (_bolus(58, 130), _push("ondansetron"))),
    Plan(1, (Dose("zoledronic acid", minutes=(15, 32), volume_ml=100),)),
)

PLANS: dict[Area, tuple[Plan, ...]] = {
    "emergency": _EMERGENCY,
    "observation": _OBSERVATION,
    "infusion_centre": _INFUSION_CENTRE,
    "office": _OFFICE,
}
