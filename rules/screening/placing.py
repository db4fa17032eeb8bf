"""Where what is to be coded is put, by route, technique and family: each place is coded by a step of its own."""

from rules.screening.screened import Screened
from rules.worksheet.codable import CodableAdministration

CAVITIES = frozenset({"IT", "INTRAVENTRICULAR", "INTRAPLEURAL", "INTRAPERITONEAL", "INTRALESIONAL"})


def place(administration: CodableAdministration, screened: Screened) -> None:
    """Put an administration that is to be coded among those of its kind."""
    technique, route = administration.technique, administration.route
    if route in CAVITIES:
        screened.cavities.append(administration)
    elif technique == "prolonged_pump":
        screened.prolonged.append(administration)
    elif technique == "pca":
        screened.patient_controlled.append(administration)
    elif technique in {"injection", "on_body_injector"} or administration.family in {"rsv", "hormonal"}:
        screened.injections.append(administration)
    elif route == "SC":
        screened.under_skin.append(administration)
    elif route == "IA":
        (screened.arterial_pushes if technique == "push" else screened.arterial_infusions).append(
            administration
        )
    elif administration.family == "hydration":
        screened.fluids.append(administration)
    else:
        (screened.pushes if technique == "push" else screened.infusions).append(administration)
