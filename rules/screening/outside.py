"""Routes these codes do not cover: not billed, and nothing for a person to decide (R-INJ-5, R-CODE-IO)."""

from models.charge import NotBilled
from models.encounter import Administration
from rules.formulary.routes import BONE, BONE_OR_EYE, ChartedRoute, why_outside
from rules.rule import Rule
from rules.screening.classes import SELF_GIVEN

INTO_BONE = Rule(
    "R-CODE-IO",
    "Through a needle in the bone only the needle's placing has a code, 36680, and none of this family.",
    ("HCPRO-IO",),
    "C",
)

RULES = (INTO_BONE,)

BEDSIDE_READING = (
    "Charted IO, read as intraosseous as the bedside writes it (HL7 table 0162 reads it intraocular): only the placing"
    " of the needle has a code, 36680; either way none of this family."
)


def outside(charted: Administration, read: ChartedRoute) -> NotBilled:
    """Return why a route outside these codes earns nothing, and for ``IO`` which reading was taken."""
    name = charted.administration_id
    if read.kind == BONE_OR_EYE:
        return INTO_BONE.refuses(name, BEDSIDE_READING)
    if read.kind == BONE:
        return INTO_BONE.refuses(name, "Intraosseous: only the placing of the needle has a code, 36680.")
    return SELF_GIVEN.refuses(name, why_outside(read.kind or ""))
