"""The site file: what is wrong in it is said in words, with the word that was meant; what is right is used."""

from pathlib import Path

import pytest
from wire import IV, ORDER, header, ras, read, rxa

from streams.feeds.site_check import problems, remarks
from streams.feeds.site_mapping import DEFAULT_SITE, SiteMapping, read_site

SEED = Path(__file__).resolve().parents[3] / "seeds" / "wire" / "site.toml"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('time_zone = "America/New_Yrk"', "time_zone: not an IANA time zone; write for example America/New_York"),
        ('encunter = ["PV1-19"]', "encunter: no such word; did you mean encounter?"),
        ('encounter = ["PV2-1"]', "encounter[1]: 'PV2-1' is no field of PV1 or PID; write for example PV1-19, the visit number"),
        ('[mar_actions]\nHung = "bagg"', "mar_actions.Hung: 'bagg' is none of the known words; did you mean bag?"),
        ('[departments.INFC]\nmodifer = "PO"', "departments.INFC.modifer: no such word in departments.INFC; did you mean modifier?"),
        ('[[senders]]\napplication = "A"\nmar_acton = ["RXA-9"]', "senders[1].mar_acton: no such word in senders[1]; did you mean mar_action?"),
        ('[[senders]]\ntime_zone = "America/Chicago"', "senders[1]: names no application and no sending_facility, so it is every sender; name one"),
        ('[techniques]\nX = "zzz"', "techniques.X: 'zzz' is none of the known words; write one of infusion, push, injection, on_body_injector, prolonged_pump, pca"),
        ('[routes]\nX = "intravenus"', "routes.X: 'intravenus' names no route that the rules know; write for example IV, IM, SC, PO or Intravenous (PICC)"),
        ('[routes]\nX = "IV"\nx = "IM"', "routes.x: the same word as X, since letter case and blanks do not count; leave one out"),
        ('default_charset = "latn"', "default_charset: 'latn' is no character set; write for example utf-8 or cp1252"),
        ("[routes\n", "no TOML: Expected ']' at the end of a table declaration (at line 1, column 8)"),
        ("time_zone = 5", "time_zone: input should be a valid string"),
        ("encounter = []", "encounter: value should have at least 1 item after validation, not 0"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place_and_the_word_that_was_meant(text: str, says: str) -> None:
    """Each in one line."""
    assert problems(text) == [says]


def test_every_fault_is_named_and_the_first_one_ends_a_verb() -> None:
    """A person mends them all at once."""
    text = 'encunter = ["PV1-19"]\ntime_zone = "Mars"\n'
    assert len(problems(text)) == 2
    refused = read_site(text)
    assert isinstance(refused, str)
    assert refused.endswith("(1 more: infusion check --site names them)")


def test_what_ships_is_in_order() -> None:
    """The seeded hospital's file, and no file at all."""
    text = SEED.read_text("utf-8")
    assert problems(text) == []
    assert isinstance(read_site(text), SiteMapping)
    assert read_site("") == DEFAULT_SITE
    assert problems("") == []
    assert remarks(DEFAULT_SITE) == ["no time_zone: a time without an offset is refused"]
    acme = SiteMapping(time_zone="America/Chicago", payers={"A": "acme"})
    assert remarks(acme) == [
        "payers.A: 'acme' is no payer that ships; a policy of the site's own folder must name it"
    ]


def test_a_site_says_what_its_own_words_mean() -> None:
    """Whatever their letter case."""
    site = read_site(
        'time_zone = "America/Chicago"\n[routes]\nVIA1 = "IV"\n[sites]\nLA = "left"\n[techniques]\nDRIP = "infusion"\n'
        '[drug_systems]\nFDB = "ndc"\n[drug_codes.L9]\nname = "ceftriaxone"\n[sources]\nemar = "ward"\n'
    )
    assert isinstance(site, SiteMapping)
    raw = ras(
        ORDER, rxa(f3="20260302080000", f4="20260302093000", f5="L9^house name^FDB"), "RXR|via1|la||drip"
    )
    (event,) = read(raw, site).events
    assert event["drug"] == {"code": "L9", "system": "ndc", "name": "ceftriaxone"}
    assert (event["route"], event["site_id"], event["technique"]) == ("IV", "left", "infusion")
    assert event["started_at"] == "2026-03-02T08:00:00-06:00"
    assert event["source"] == "ward"


def test_a_sender_may_differ_from_the_site() -> None:
    """By MSH-3 and MSH-4; what it leaves out is the site's."""
    site = read_site(
        'time_zone = "America/New_York"\nsetting = "office"\n'
        '[[senders]]\napplication = "WEST"\ntime_zone = "America/Denver"\nencounter = ["PID-18"]\n'
    )
    assert isinstance(site, SiteMapping)
    raw = [
        ras(ORDER, rxa(f3="20260302080000", f4=""), IV, head=header(f3=name))
        for name in ("WEST", "EMAR", "WEST")
    ]
    west, east, again = (read(one, site).events[0] for one in raw)
    assert (west["encounter_id"], west["started_at"][19:]) == ("A0001", "-07:00")
    assert (east["encounter_id"], east["started_at"][19:]) == ("V1", "-05:00")
    assert again == west
