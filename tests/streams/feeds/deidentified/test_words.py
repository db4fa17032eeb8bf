"""What stays of texts that a person typed: words of our lists, and nothing that could be a name."""

from datetime import date

import pytest

from streams.feeds.deidentified import known_words
from streams.feeds.deidentified.drug_words import drug
from streams.feeds.deidentified.event import Deidentifier
from streams.feeds.deidentified.fields import IDS, INSTANTS, KEPT, known_fields
from streams.feeds.deidentified.keyed import Keyed, Ranked

KEY = Keyed(b"a secret of at least thirty-two characters")
ON = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("charted", "kept"),
    [
        ("ceftriaxone", "ceftriaxone"),
        ("vancomycin 1,250 mg/250 mL premix", "vancomycin 1,250 mg/250 mL premix"),
        ("Zofran (ondansetron) 4 mg/2 mL", "Zofran (ondansetron) 4 mg/2 mL"),
        ("infliximab-dyyb (Inflectra) 100 mg", "infliximab- (Inflectra) 100 mg"),
    ],
)
def test_a_drugs_name_is_kept_as_far_as_the_formulary_knows_it(charted: str, kept: str) -> None:
    """Brand, strength and form too."""
    assert drug({"name": charted}, KEY, ON)[0] == {"name": kept}


def test_an_unknown_drug_is_a_hash_and_the_same_one_twice_is_the_same() -> None:
    """In a list of ingredients too; a code of a public list stays, a local one does not."""
    (one, changed), (two, _) = (
        drug({"name": "for Mr Smith"}, KEY, ON),
        drug({"ingredients": ["for Mr Smith"]}, KEY, ON),
    )
    assert changed
    assert one["name"].startswith("drug-")
    assert two == {"ingredients": [one["name"]]}
    assert drug({"code": "J0696", "system": "hcpcs"}, KEY, ON) == (
        {"code": "J0696", "system": "hcpcs"},
        False,
    )
    assert drug({"code": "4471923", "system": "local"}, KEY, ON)[0]["code"].startswith("code-")
    assert drug({"code": "SMITH", "system": "hcpcs"}, KEY, ON)[0]["code"].startswith("code-")


@pytest.mark.parametrize(
    ("charted", "kept"),
    [
        ("dehydration; Mr. Smith 3/4/1950", "dehydrat; . / /"),
        ("r/o dehydration, Dr Adams", "r/o dehydrat,"),
        ("hypokalemia E87.6", "hypokal e876"),
        ("as Mrs. Jones asked", ""),
        ("Shockley", "shock"),
    ],
)
def test_of_an_indication_the_words_of_lists_stay(charted: str, kept: str) -> None:
    """And what asserts or denies them; of a surname no more than the beginning that is such a word."""
    assert known_words.indication(charted) == kept


@pytest.mark.parametrize(
    ("charted", "kept"),
    [
        ("incompatible drugs", "incompat"),
        ("second lumen", "second lumen"),
        ("because Dr. Adams said so", known_words.REMOVED),
        (" ", ""),
    ],
)
def test_a_reason_for_a_second_access_counts_as_before(charted: str, kept: str) -> None:
    """What no list has counts, so something that counts stands in its place."""
    assert known_words.site_reason(charted) == kept


def test_routes_kinds_and_units_are_words_we_know_or_none() -> None:
    """A route that names none is unknown, as it was."""
    assert known_words.route("Intravenous (PICC)") == "Intravenous PICC"
    assert known_words.route("by hand of Jones") == "unknown"
    assert (known_words.kind("Power port"), known_words.kind("Jones")) == ("Power port", None)
    assert (known_words.unit("mg"), known_words.unit("Jones")) == ("mg", None)


def test_ids_are_equal_within_a_kind_and_under_a_key_alone() -> None:
    """Ranked ones sort as those they stand for, and are hashes behind that."""
    assert KEY.name("order", "1") == KEY.name("order", "1") != KEY.name("dose", "1").replace("dose", "order")
    assert KEY.name("order", "1") != Keyed(b"another secret").name("order", "1")
    ranked = Ranked(b"s", {"order": {"b", "a", "c"}})
    assert [ranked.name("order", one)[:12] for one in "abc"] == [
        "order-00000-",
        "order-00001-",
        "order-00002-",
    ]
    assert ranked.name("order", "z") == Keyed(b"s").name("order", "z")


def test_every_field_of_the_contract_has_its_treatment() -> None:
    """One that a later release adds has to be given one before it can be shared."""
    names = {
        name
        for event, of in known_fields().items()
        if event not in {"drug", "ingredients", "intervals"}
        for name in of
    }
    assert {
        name for name in names - KEPT - INSTANTS - {*IDS} if not hasattr(Deidentifier, f"_{name}")
    } == set()
