"""How a drug was given: as charted, unless its route says otherwise in words or in kind."""

from models.encounter import Administration
from models.field import Technique
from rules.formulary.charted_name import patient_controlled
from rules.formulary.routes import ChartedRoute


def technique_of(charted: Administration, read: ChartedRoute) -> Technique:
    """
    Return the technique, corrected where the route contradicts the word: a push into muscle is an injection.

    A piggyback charted as one moment is an infusion without a stop, and what the route calls a push is one unless
    a stop shows how long it flowed. What is infused under a name that says the patient presses the button is
    patient-controlled: no flow by itself says that it ran on.
    """
    technique, route = charted.technique, read.route
    if technique == "infusion" and route == "IV" and _patient_controlled(charted):
        return "pca"
    if route in {"SC", "IM"} and (
        technique == "push" or (technique == "infusion" and read.technique == "injection")
    ):
        return "injection"
    if technique == "infusion" and route == "IM":
        return "injection"
    if route in {"IV", "IA"}:
        if technique == "injection":
            technique = "push"
        if technique == "push" and read.technique == "infusion":
            return "infusion"
        if technique == "infusion" and read.technique == "push" and not _stopped(charted):
            return "push"
    return technique


def flowed_as_push(charted: Administration, read: ChartedRoute, minutes: int, infusion: int) -> bool:
    """Tell whether a route that says push stands beside so many minutes of flow that they make an infusion."""
    return charted.technique == "infusion" and read.technique == "push" and minutes >= infusion


def _patient_controlled(charted: Administration) -> bool:
    drug = charted.drug
    return drug is not None and drug.name is not None and patient_controlled(drug.name)


def _stopped(charted: Administration) -> bool:
    flows = charted.flows or charted.pump_flows
    return bool(flows) and flows[-1].stop is not None
