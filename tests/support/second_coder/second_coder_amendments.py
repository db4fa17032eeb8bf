"""
Examples of section 16, worked by hand: a stay, switches set by hand, and what the rule book makes of it.

A flag with an exclamation mark holds the set. Lines of other modules' examples are not repeated here.
"""

from second_coder_amendments_claims import CLAIMS
from second_coder_amendments_drugs import DRUGS
from second_coder_amendments_fluids import FLUIDS
from second_coder_amendments_time import TIME
from second_coder_timelines import Example

CASES: dict[str, Example] = {**TIME, **DRUGS, **FLUIDS, **CLAIMS}
"""By a sentence that begins with the amendment."""
