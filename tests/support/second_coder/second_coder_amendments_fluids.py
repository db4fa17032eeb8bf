"""Worked examples of A-15 to A-19: fragments, electrolytes, reasons, carriers."""

from decimal import Decimal

from second_coder_timelines import Example, fluid, infusion, push, stay

from models.drug import Drug
from models.encounter import Administration

TWO_PIECES = fluid("08:00", "08:20", "08:40", "09:00")
BEHIND = infusion("ceftriaxone", "09:00", "09:30")


def mixed(drug: str, /, **told: object) -> Administration:
    """Return an hour of saline with an electrolyte in it."""
    bag = infusion(drug, "08:00", "09:00")
    return bag._replace(drug=Drug(ingredients=("normal saline", drug)))._replace(**told)


WEAK = Drug(name="normal saline with KCl 20 mEq/L", ingredients=("normal saline", "potassium chloride"))
STRONG = Drug(name="normal saline with KCl 60 mEq/L", ingredients=("normal saline", "potassium chloride"))
GRAMS = {"dose": Decimal(2), "dose_unit": "g"}

FLUIDS: dict[str, Example] = {
    "A-15: a pause parts no fluid": (stay(TWO_PIECES), {}, "96360"),
    "A-15: a drug in the pause does": (
        stay(TWO_PIECES, infusion("ceftriaxone", "08:20", "08:40")),
        {},
        "96365 F-HYD_FRAGMENTED",
    ),
    "A-15: the minutes of the pause are not counted": (
        stay(fluid("08:00", "08:45", "09:30", "10:15")),
        {},
        "96360",
    ),
    "A-15: a new bag parts no fluid": (
        stay(fluid("08:00", "08:20", dose_id="D1"), fluid("08:25", "08:45", dose_id="D1")),
        {},
        "96360",
    ),
    "A-15: hours between two fluids do": (
        stay(fluid("08:00", "08:20"), fluid("12:00", "12:20")),
        {},
        "F-HYD_FRAGMENTED",
    ),
    "A-16: a push takes its minutes and parts nothing": (
        stay(fluid("08:00", "08:40"), push("ondansetron", "08:18", 5)),
        {},
        "96374 96361",
    ),
    "A-16: what it takes is missed": (
        stay(fluid("08:00", "08:35"), push("ondansetron", "08:18", 5)),
        {},
        "96374",
    ),
    "A-17: a dose of its own makes a drug, for any reason": (
        stay(mixed("magnesium sulfate", indication="dehydration", volume_ml=Decimal(50), **GRAMS)),
        {},
        "96365",
    ),
    "A-17: additive of a litre given for volume": (
        stay(mixed("potassium chloride", indication="dehydration", volume_ml=Decimal(1000))),
        {},
        "96360",
    ),
    "A-17: additive of a small bag is unclear": (
        stay(mixed("potassium chloride", indication="dehydration", volume_ml=Decimal(250))),
        {},
        "F-HYD_NECESSITY!",
    ),
    "A-17: fluid with little in each litre": (
        stay(mixed("potassium chloride", indication="dehydration", drug=WEAK)),
        {},
        "96360",
    ),
    "A-17: fluid with much in each litre is unclear": (
        stay(mixed("potassium chloride", indication="dehydration", drug=STRONG)),
        {},
        "F-HYD_NECESSITY!",
    ),
    "A-17: a rider by name alone": (stay(infusion("potassium chloride", "08:00", "09:00")), {}, "96365"),
    "A-17: strong dextrose with its own dose": (
        stay(infusion("D10W", "08:00", "09:00", dose=Decimal(25), dose_unit="g")),
        {},
        "96365",
    ),
    "A-18: observation is no reason": (
        stay(fluid("08:00", "09:00", indication="observation")),
        {},
        "F-HYD_NECESSITY!",
    ),
    "A-18: r/o MI is no reason": (stay(fluid("08:00", "09:00", indication="r/o MI")), {}, "F-HYD_NECESSITY!"),
    "A-18: POTS is no reason": (stay(fluid("08:00", "09:00", indication="POTS")), {}, "F-HYD_NECESSITY!"),
    "A-18: any reason where the payer says so": (
        stay(fluid("08:00", "09:00", indication="observation")),
        {"hydration_reason": "any"},
        "96360",
    ),
    "A-18: no reason is none even there": (
        stay(fluid("08:00", "09:00", indication=None)),
        {"hydration_reason": "any"},
        "F-HYD_NECESSITY!",
    ),
    "A-18: a diagnosis code is one": (stay(fluid("08:00", "09:00", indication="E86.0")), {}, "96360"),
    "A-19: behind a piggyback without reason or intent": (
        stay(fluid("08:00", "11:00", intent=None, indication="r/o MI"), BEHIND),
        {},
        "96365",
    ),
    "A-19: with a reason its own minutes count": (
        stay(fluid("08:00", "11:00", intent=None), BEHIND),
        {},
        "96365 96361*2",
    ),
    "A-19: with the intent alone it is held": (
        stay(fluid("08:00", "11:00", indication=None), BEHIND),
        {},
        "96365 F-HYD_NECESSITY!",
    ),
}
