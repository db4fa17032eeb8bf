"""Published examples of doses and their billing units: each comes out as published, or the reason stands here."""

import csv
import re
import textwrap
from datetime import date
from decimal import Decimal
from os import environ
from pathlib import Path

import pytest

from rules.drug_lines.code_choice import choose
from rules.drug_lines.conversion import Given, Units, units_of
from rules.drug_lines.package_units import package_units
from rules.drug_lines.quantities import Amount, amounts_in, measure
from rules.drug_lines.unit_table import billing_unit_table

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "docs" / "drugs" / "README.md"
SHARED = Path(environ.get("INFUSION_SHARED", ROOT.parent / "shared")) / "reference" / "drugs"

REPORTED = date(2026, 10, 5)

DIFFER = {
    ("J0702", "0.75", "mL", "1"): "4.5 mg over a unit of 3 mg begins a second one",
    ("J9271", "500", "mg", "5"): "the code counts 1 mg, not 100",
    ("J9000", "30", "mg", "4"): "before JW the waste of 10 mg stood inside the units",
}
"""Published counts that are wrong or historical: the law of rounding gives another, and this is why."""


def examples() -> list[dict[str, str]]:
    """Return the published examples, or skip where they are not at hand."""
    path = SHARED / "dosing_units.csv"
    if not path.is_file():
        pytest.skip("no dosing_units.csv at hand: INFUSION_SHARED names the folder")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def strength(container: str) -> Amount | None:
    """Return the strength a container names."""
    return next((one for one in amounts_in(container) if one.per_ml is not None), None)


def dose_of(said: str, unit: str, container: Amount | None) -> Given | None:
    """Return a published dose: a number, or one by weight or area with the patient's, as in 5 mg/kg x 70 kg = 350."""
    if by_size := re.match(r"([\d.]+) (mg/(?:kg|m2)) x ([\d.]+) (kg|m2)", said):
        size = Decimal(by_size[3])
        weight, area = (size, None) if by_size[4] == "kg" else (None, size)
        return Given(Decimal(by_size[1]), by_size[2], None, weight, area)
    number = said.replace(",", "")
    return Given(Decimal(number), unit, container) if re.fullmatch(r"[\d.]+", number) else None


def counted(row: dict[str, str]) -> int | str:
    """Return the units by the rule, or why the example cannot be counted."""
    if not (row["dose"] and row["unit_amount"] and row["expected_units"]):
        return "no dose, unit or count is published"
    if not row["expected_units"].isdigit():
        return "several codes"
    ours = billing_unit_table().get(row["hcpcs"])
    unit = measure(row["unit"].split("(")[0])
    if ours is not None and ours.kind is not None and ours.amount is not None:
        kind, amount = ours.kind, ours.amount
    elif unit is not None:
        kind, amount = unit.kind, Decimal(row["unit_amount"]) * unit.factor
    else:
        return "a unit in words"
    dose_unit = "units" if row["dose_unit"] == "billing units" else row["dose_unit"]
    given = dose_of(row["dose"], dose_unit, strength(row["container"]))
    if given is None:
        return "a dose in words"
    found = units_of(given, kind, amount)
    return found.units if isinstance(found, Units) else found.says


def test_published_counts_come_out_or_their_reason_stands_here() -> None:
    """Nearly all of the 173 can be counted."""
    wrong, agreed, uncounted = [], 0, []
    used = set()
    for row in examples():
        found = counted(row)
        key = (row["hcpcs"], row["dose"], row["dose_unit"], row["expected_units"])
        if isinstance(found, str):
            uncounted.append((*key, found))
        elif found == int(row["expected_units"]):
            agreed += 1
        elif key in DIFFER:
            used.add(key)
        else:
            wrong.append((*key, found))
    assert wrong == []
    assert used == set(DIFFER), (used, uncounted)
    assert agreed > 150
    assert len(uncounted) < 15, uncounted


COMMON = {
    "ondansetron": "J2405", "dexamethasone": "J1100", "ketorolac": "J1885", "morphine": "J2270",
    "diphenhydramine": "J1200", "famotidine": "J1308", "potassium chloride": "J3480", "magnesium sulfate": "J3475",
    "ceftriaxone": "J0696", "cefazolin": "J0690", "piperacillin and tazobactam": "J2543", "vancomycin": "J3373",
    "zoledronic acid": "J3489", "ferumoxytol": "Q0138", "fluorouracil": "J9190", "leucovorin": "J0640",
    "carboplatin": "J9045", "cisplatin": "J9060", "paclitaxel": "J9267", "docetaxel": "J9171", "gemcitabine": "J9201",
    "filgrastim": "J1442", "epoetin alfa": "J0885", "vedolizumab": "J3380", "fulvestrant": "J9395",
    "onabotulinumtoxina": "J0585", "alteplase": "J2997",
}  # fmt: skip
"""Common drugs of which no example was published: read from the code's own wording and set against CMS's packages."""


def report() -> str:
    """Return the page that says how each published example came out, which codes nobody settled, and what is common."""
    table = billing_unit_table()
    agreed, others = 0, []
    for row in examples():
        found = counted(row)
        key = (row["hcpcs"], row["dose"], row["dose_unit"], row["expected_units"])
        if found == int(row["expected_units"] or -1) if isinstance(found, int) else False:
            agreed += 1
            continue
        why = DIFFER.get(key, "") if isinstance(found, int) else found
        ours = str(found) if isinstance(found, int) else "not counted"
        what = f"{row['drug_as_charted']}, {row['dose'] or 'no dose'} {row['dose_unit']}".strip()
        others.append(
            f"| {row['hcpcs'] or 'none'} | {what} | {row['expected_units'] or 'none'} | {ours} | {why} |"
        )
    unsettled = sorted(
        unit.code for unit in table.values() if unit.amount is None and unit.in_force(REPORTED)
    )
    priced = {code for _, code in package_units()}
    common = [
        f"| {name} | {code} | {table[code].in_words if code in table and table[code].in_words else 'not settled'} | "
        f"{table[code].cite if code in table else 'none read'}{', ASP-NDC-2026-01' if code in priced else ''} |"
        for name, code in COMMON.items()
    ]
    return "\n".join(
        [
            f"{agreed} of {len(examples())} published examples come out as published. The others:",
            "",
            "| code | as published | units | here | why |",
            "|---|---|---|---|---|",
            *others,
            "",
            "## Common drugs without a published example",
            "",
            "The unit is the code's own wording; where the crosswalk has packages of the code, it agrees with what they are",
            "counted by.",
            "",
            "| drug | code | one unit | source |",
            "|---|---|---|---|",
            *common,
            "",
            "## Codes in force whose wording settles no unit of a dose",
            "",
            f"On {REPORTED.isoformat()} a person counts these {len(unsettled)}:",
            "",
            *textwrap.wrap(", ".join(unsettled), 118),
        ]
    )


def test_the_report_of_published_doses_is_the_codes_own() -> None:
    """Copy it from here when this fails."""
    assert report() in REPORT.read_text(encoding="utf-8")


def test_vancomycin_is_not_published_as_current_under_the_code_that_ended() -> None:
    """A page of May 2026 counts J3370 by 500 mg; it ended on 2025-06-30, and the code since then counts 10 mg."""
    then, may = date(2025, 6, 30), date(2026, 5, 4)
    known = (("vancomycin",), "vancomycin", "J3370", "hcpcs", "IV")
    assert choose(*known, then).unit == billing_unit_table()["J3370"]
    assert choose(*known, may).unit is None
    assert choose(*known, may).wrong == "the charted code J3370 ended on 2025-06-30"
    now = billing_unit_table()["J3373"]
    assert now.amount is not None
    assert units_of(Given(Decimal(500), "mg"), "mass", now.amount).says == "500 mg in units of 10 mg is 50"
