"""
The folders and files of rule data that modules read, each named once.

Paths only; the module that reads a file says what is in it and whether it may be missing.
"""

from pathlib import Path
from typing import Final

RULES: Final = Path(__file__).parent
"""The package itself: its own source, ``README.md`` and the data below."""

SOURCES: Final = RULES / "sources.toml"
COVERAGE: Final = RULES / "coverage.toml"
README: Final = RULES / "README.md"

PARAMETERS: Final = RULES / "parameters"
CODES: Final = PARAMETERS / "codes.toml"
ROUTES: Final = PARAMETERS / "routes.toml"
INDICATIONS: Final = PARAMETERS / "indications.toml"
SITE_REASONS: Final = PARAMETERS / "site_reasons.toml"
ELECTROLYTES: Final = PARAMETERS / "electrolytes.toml"
VOLUME_REASONS: Final = PARAMETERS / "volume_reasons.toml"
MODIFIERS: Final = PARAMETERS / "modifiers.toml"

DRUGS: Final = PARAMETERS / "drugs"
DRUG_WORDS: Final = DRUGS / "words.toml"
CONTINUOUS_DRUGS: Final = DRUGS / "continuous.toml"
FORMULARY: Final = DRUGS / "formulary.toml"
ELSEWHERE: Final = DRUGS / "elsewhere.toml"
SELF_ADMINISTERED: Final = DRUGS / "self_administered.csv"

CATALOGUE: Final = PARAMETERS / "catalogue"

EDITS: Final = PARAMETERS / "edits"
OPPS_STATUS: Final = EDITS / "opps_status.toml"

POLICIES: Final = RULES / "policies"
