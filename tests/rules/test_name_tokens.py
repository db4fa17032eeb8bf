"""The lexemes of a charted name: what is a number, an amount, a fluid's shorthand, a joint."""

import pytest

from rules.formulary.name_tokens import Amount, percent, plain, tokens


def kinds(name: str) -> list[tuple[str, str]]:
    """Return kind and text of each lexeme."""
    return [(token.kind, token.text) for token in tokens(name)]


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1,750 mg", Amount(1750.0, "mg")),
        ("1.5g", Amount(1500.0, "mg")),
        (".5 mg", Amount(0.5, "mg")),
        ("300 mcg", Amount(0.3, "mg")),
        ("2 GRAM/50 ML", Amount(2000.0, "mg", 50.0)),
        ("10 MG/5ML", Amount(10.0, "mg", 5.0)),
        ("20 mEq/L", Amount(20.0, "meq", 1000.0)),
        ("25,000 unit/250 mL", Amount(25000.0, "unit", 250.0)),
        ("2.4 million units", Amount(2400000.0, "unit")),
        ("25k units", Amount(25000.0, "unit")),
        ("1 L", Amount(1000.0, "ml")),
        ("600-900 mg", Amount(600.0, "mg")),
        ("10 mL/hr", Amount(10.0, "ml", rate=True)),
        ("8 mg/hr", Amount(8.0, "mg", rate=True)),
        ("5 mcg/kg/min", Amount(0.005, "mg", rate=True)),
        ("600 mg/m2", Amount(600.0, "mg")),
        ("2.5-8-5 LF-MCG-LF/0.5ML", Amount(2.5, "unit", 0.5)),
    ],
)
def test_an_amount_knows_its_unit_its_volume_and_whether_it_is_a_rate(written: str, amount: Amount) -> None:
    """Mass in mg, volume in mL; a dose per square metre is a dose."""
    (token,) = tokens(written)
    assert (token.kind, token.amount) == ("amount", amount)


@pytest.mark.parametrize(
    ("written", "lexemes"),
    [
        ("D5W", [("word", "dextrose"), ("percent", "5%")]),
        ("D 5 W", [("word", "dextrose"), ("percent", "5%")]),
        ("D50W", [("word", "dextrose"), ("percent", "50%")]),
        ("D5LR", [("word", "dextrose"), ("percent", "5%"), ("word", "lr")]),
        ("D5.45NS", [("word", "dextrose"), ("percent", "5%"), ("number", "0.45"), ("word", "ns")]),
        (
            "D51/2NS20K",
            [
                ("word", "dextrose"),
                ("percent", "5%"),
                ("word", "1/2"),
                ("word", "ns"),
                ("number", "20"),
                ("word", "k"),
            ],
        ),
        ("\u00bdNS", [("word", "1/2"), ("word", "ns")]),
        (".9 % NaCl", [("percent", "0.9%"), ("word", "nacl")]),
        ("1:1,000", [("ratio", "1:1000")]),
        ("5-FU", [("number", "5"), ("mark", "-"), ("word", "fu")]),
        ("D.H.E. 45", [("word", "dhe"), ("number", "45")]),
        ("vitamin D 5", [("word", "vitamin"), ("word", "d"), ("number", "5")]),
        ("2025-26", [("time", "2025-26")]),
        ("over 1 hr", [("word", "over"), ("time", "1 hr")]),
        ("(J9217)", [("open", "("), ("code", "j9217"), ("close", ")")]),
        ("TPN w/ lipids", [("word", "tpn"), ("joint", "w"), ("word", "lipids")]),
        ("TPN w/o lipids", [("word", "tpn"), ("word", "without"), ("word", "lipids")]),
        ("A in B with C and D + E; F, G", [
            ("word", "a"), ("joint", "in"), ("word", "b"), ("joint", "with"), ("word", "c"), ("joint", "and"),
            ("word", "d"), ("joint", "+"), ("word", "e"), ("joint", ";"), ("word", "f"), ("joint", ","), ("word", "g"),
        ]),
    ],
)  # fmt: skip
def test_each_lexeme_is_what_a_chart_means_by_it(written: str, lexemes: list[tuple[str, str]]) -> None:
    """Fluids in shorthand are spelt out; everything else stays as written."""
    assert kinds(written) == lexemes


def test_a_hyphen_before_a_word_is_remembered() -> None:
    """A maker's four letters hang on the biologic's name."""
    assert [token.glued for token in tokens("rituximab-pvvr 5")] == [False, False, True, False]


def test_case_marks_and_apostrophes_tell_nothing() -> None:
    """Nor does a thousands comma; a comma before a blank stays."""
    assert plain("Ringer\u2019s\u2122 1,000") == "ringers 1000"
    assert plain("a, 1,000") == "a, 1000"
    assert percent("0.90 %") == percent(".9%") == "0.9%"
