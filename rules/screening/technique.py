"""How a drug was given: as charted, unless its route says otherwise in words or in kind."""

from models.encounter import Administration
from models.field import Technique
from rules.formulary.routes import ChartedRoute


def technique_of(charted: Administration, read: ChartedRoute) -> Technique:
    """
    Return the technique, corrected where the route contradicts the word: a push into muscle is an injection.

    A piggyback charted as one moment is an infusion without a stop, and what the route calls a push is one unless
    a stop shows how long it flowed.
    """
    technique, route = charted.technique, read.route
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


def _stopped(charted: Administration) -> bool:
    flows = charted.flows or charted.pump_flows
    return bool(flows) and flows[-1].stop is not None
