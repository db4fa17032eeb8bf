"""What ``infusion check`` says of the formulary's files, whole and broken."""

from pathlib import Path
from shutil import copytree

import pytest

from rules.data_files import DRUGS
from rules.formulary.lookup import problems

UNDECLARED = "which rules/sources.toml does not hold."


def test_the_shipped_formulary_is_in_order() -> None:
    """Names, classes, dates and codes; whether each source is declared is the bibliography's own test."""
    assert [problem for problem in problems() if UNDECLARED not in problem] == []


BROKEN = {
    "products.csv": {
        "vancomycin,,therapeutic,,never,assigned,FORMULARY-2026-11,11124,,,vancocin;vanco": [
            ("vancomycin,,antibiotic,,never,assigned,K,11124,,,vanco", "'antibiotic' is no billing class"),
            ("vancomycin,,therapeutic,,maybe,assigned,K,11124,,,vanco", "pushable is 'maybe'"),
            ("vancomycin,,therapeutic,,never,guessed,K,11124,,,vanco", "basis is 'guessed'"),
            ("vancomycin,,therapeutic,,never,assigned,,11124,,,vanco", "cites nothing"),
            ("vancomycin,,therapeutic,,never,assigned,NOBODY,11124,,,vanco", "cites NOBODY"),
            ("vancomycin,,therapeutic,,never,cited,K,11124,,,vanco", "nobody has read what it cites"),
            ("vancomycin,,therapeutic,,never,assigned,K,eleven,,,vanco", "rxcui 'eleven' is no number"),
            ("vancomycin,,therapeutic,,never,assigned,K,11124,soon,,vanco", "from and until must be dates"),
            ("vancomycin,,therapeutic,SC=oral,never,assigned,K,11124,,,vanco", "by_route 'SC=oral'"),
            (
                "vancomycin,,therapeutic,,never,assigned,K,11124,,,Zofran",
                "'Zofran' already means ondansetron",
            ),
            ("vancomycin,,therapeutic,,never,assigned,K,11124,,,10 mg", "holds no word"),
            ("Vancomycin,,therapeutic,,never,assigned,K,11124,,,vanco", "'Vancomycin' is no key"),
            ("vancomycin,,therapeutic", "too many or too few commas"),
        ],
    },
    "hcpcs.csv": {
        "J3373,vancomycin,2025-07-01,": [
            ("J3373,vancomicin,2025-07-01,", "'vancomicin' is not in products.csv"),
            ("J33,vancomycin,2025-07-01,", "'J33' is no product code"),
            ("J3370,vancomycin,2025-06-01,", "J3370 overlaps line"),
            ("J3373,vancomycin,2025-07-01,\nJ3373,cisplatin,,", "J3373 means another class"),
            ("J3373,,,", "names neither a product nor a last day"),
            ("J3373,vancomycin,2025-07-01,2024-01-01", "from and until must be dates"),
        ],
    },
    "strengths.csv": {
        "leuprolide,15,leuprolide-pediatric,HCPCS-2026-01": [
            ("leuprolid,15,leuprolide-pediatric,HCPCS-2026-01", "'leuprolid' is not in products.csv"),
            ("leuprolide,15,lupron-ped,HCPCS-2026-01", "'lupron-ped' is not in products.csv"),
            ("leuprolide,fifteen,leuprolide-pediatric,HCPCS-2026-01", "'fifteen' is no strength in mg"),
            ("leuprolide,15,leuprolide-pediatric,NOBODY", "cites NOBODY"),
            ("leuprolide,15", "write product, mg, means, cites"),
        ],
    },
    "rxnorm.csv": {
        "309090,SCD,,ceftriaxone,RXNORM-ECQI": [
            ("309090,SCD,,rocefin,RXNORM-ECQI", "'rocefin' is not in products.csv"),
            ("309090,SCD,99,,RXNORM-ECQI", "ingredient '99' is no rxcui"),
            ("309090,SCD,2193,ceftriaxone,RXNORM-ECQI", "an ingredient or a product"),
            ("309090,DF,,ceftriaxone,RXNORM-ECQI", "tty 'DF' is no kind of drug"),
            ("J0696,SCD,,ceftriaxone,RXNORM-ECQI", "rxcui 'J0696' is no number"),
            ("309092,SCD,,ceftriaxone,RXNORM-ECQI", "309092 stands 2 times"),
            ("309090,SCD,,ceftriaxone,NOBODY", "cites NOBODY"),
            ("309090,SCD", "in every row, and no more"),
        ],
    },
    "ndc.csv": {
        "00003218713,J0129": [
            ("0003-2187-13,J0129", "is not eleven digits"),
            ("00003218713,J9999X", "'J9999X', which is not in hcpcs.csv"),
            ("00003218713", "in every row, and no more"),
        ],
    },
    "charting.toml": {
        '"EMAR-NAMES-2026-11"': [('"NOBODY"', "cites NOBODY")],
        "[tails]": [("[tail]", "has no usable 'tails'"), ("[tails", "cannot be read as TOML")],
        "oral po tablet": [("oral po vial tablet", "'vial' is both contrary and dropped")],
    },
    "words.toml": {'salts = """': [('salt = """', "has no usable 'salts'")]},
    "formulary.toml": {
        "from = 2024-07-01": [("from = 'long ago'", "edition 1: from must be a date")],
        'cite = "MIMIC-DEMO"': [('cite = "NOBODY"', "cites NOBODY"), ("", "[pushable] has no cite")],
        "[[editions]]": [("[[edition]]", "has no [[editions]]"), ("[[editions", "cannot be read as TOML")],
    },
}
CHANGES = [
    (file, old, new, says)
    for file, rows in BROKEN.items()
    for old, changes in rows.items()
    for new, says in changes
]


@pytest.mark.parametrize(
    ("file", "old", "new", "says"), CHANGES, ids=[f"{file} {says}" for file, _, _, says in CHANGES]
)
def test_the_check_finds(file: str, old: str, new: str, says: str, tmp_path: Path) -> None:
    """One bad cell is one sentence with its place, and the rest is still read."""
    folder = copytree(DRUGS, tmp_path / "drugs")
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")
    assert any(file in problem and says in problem for problem in problems(folder))


@pytest.mark.parametrize(
    "file",
    [
        "products.csv",
        "hcpcs.csv",
        "rxnorm.csv",
        "ndc.csv",
        "formulary.toml",
        "strengths.csv",
        "charting.toml",
        "words.toml",
    ],
)
def test_the_check_survives_a_missing_file(file: str, tmp_path: Path) -> None:
    """It says which, and does not end."""
    folder = copytree(DRUGS, tmp_path / "drugs")
    (folder / file).unlink()
    assert any(problem.startswith(f"{file}: cannot be read") for problem in problems(folder))
