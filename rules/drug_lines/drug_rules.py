"""The rules of drug lines: code, units, payment, and a dose that cannot be."""

from typing import Final

from rules.rule import Rule

CODE: Final = Rule(
    "R-DRUG-1",
    "Each drug given has its own line beside its administration, with the code in force on the date; each of a mixed bag too.",
    ("HCPCS-2026-01", "ASP-NDC-2026-01"),
    "A",
)
UNITS: Final = Rule(
    "R-DRUG-2",
    "Billing units follow the code's wording, not the package; a dose is rounded up to the next unit once.",
    ("JW-CGS", "UNITS-FCSO", "HCPCS-2026-01"),
    "A",
)
PACKAGED: Final = Rule(
    "R-DRUG-3",
    "A drug of OPPS status N is packaged: it is shown, not paid apart.",
    ("OPPS-2025-10-01", "OPPS-DRUGS-2026-01-01"),
    "A",
)
PAID: Final = Rule(
    "R-DRUG-4",
    "A drug's OPPS status is the fact of one quarter; G and K are paid apart.",
    ("OPPS-2025-10-01", "OPPS-DRUGS-2026-01-01"),
    "A",
)
UNUSUAL: Final = Rule(
    "R-DRUG-5",
    "More units on one date than the medically unlikely edit allows are looked at before they are billed.",
    ("MUE-2024-07-01",),
    "A",
)

UNGIVEN: Final = Rule(
    "R-DRUG-6",
    "A drug that was handed out or charged, and that nobody is charted to have given, is not billed.",
)

RULES: Final = (CODE, UNITS, PACKAGED, PAID, UNUSUAL, UNGIVEN)
