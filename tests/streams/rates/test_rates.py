"""``infusion rates``: published rates of our codes, what is left out and why, and what an edition shows."""

import gzip
import os
from collections import Counter
from collections.abc import Iterator
from csv import DictReader
from datetime import date
from json import dumps, loads
from pathlib import Path
from re import sub
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from click.testing import CliRunner, Result

from rules.catalogue.site_check import problems
from rules.site_folder import read_site, under_site
from streams.cli import main
from streams.rates.object_slices import GROUPS, RATES, OtherOrderError, slices
from streams.rates.spread import spread
from streams.rates.tally import month_of, payer_named
from streams.rulebook.entry import entry_of
from streams.rulebook.page import page
from streams.rulebook.text import entry_text

DAY = "2026-11-01"


def run(*typed: str) -> Result:
    """Return what the verb did with these words."""
    return CliRunner().invoke(main, ["rates", *typed])


def group(number: int, *tax_numbers: str) -> dict[str, Any]:
    """Return a provider reference."""
    listed = [{"npi": [1234567890], "tin": {"type": "ein", "value": tax}} for tax in tax_numbers]
    return {"provider_group_id": number, "network_name": ["N"], "provider_groups": listed}


def price(rate: object, **other: object) -> dict[str, Any]:
    """Return a negotiated price."""
    return {
        "negotiated_type": "negotiated",
        "negotiated_rate": rate,
        "expiration_date": "9999-12-31",
        "billing_class": "professional",
        "setting": "outpatient",
        "service_code": ["11"],
        **other,
    }


def entry(code: str, *rates: dict[str, Any], **other: object) -> dict[str, Any]:
    """Return an object of ``in_network``."""
    return {
        "negotiation_arrangement": "ffs",
        "name": 'a {"text"} with \\ and "quotes"',
        "billing_code_type": "CPT",
        "billing_code_type_version": "2026",
        "billing_code": code,
        "description": "d",
        "negotiated_rates": list(rates),
        **other,
    }


def rate(references: list[int], *prices: dict[str, Any]) -> dict[str, Any]:
    """Return a rate of some provider references."""
    return {"provider_references": references, "negotiated_prices": list(prices)}


def document(*entries: dict[str, Any], **other: object) -> dict[str, Any]:
    """Return an in-network file."""
    return {
        "reporting_entity_name": "Cigna Health Life",
        "reporting_entity_type": "health insurance issuer",
        "last_updated_on": "2026-10-03",
        "version": "2.0.0",
        "provider_references": [group(1, "11", "11"), group(2, "22")],
        "in_network": list(entries),
        **other,
    }


def ingested(tmp_path: Path, content: bytes | str, name: str = "in.json", *more: str) -> Result:
    """Return what ingest did with one file."""
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return run("ingest", str(path), "--into", str(tmp_path / "ed"), "--on", DAY, *more)


def shown(tmp_path: Path, code: str = "96375") -> dict[str, Any]:
    """Return what the edition says of a code."""
    result = run("show", code, "--from", str(tmp_path / "ed" / "20261101"), "--format", "json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = loads(result.stdout)
    return found


GOOD = document(
    entry("99213", rate([1], price(80.0))), entry("96375", rate([1, 2], price(20.5)), rate([2], price(30)))
)


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("order", ["references first", "references last", "another first key"])
def test_rates_are_of_our_codes_and_references_are_resolved(
    tmp_path: Path, indent: int | None, *, packed: bool, order: str
) -> None:
    """Plain or gzip of several members, in any order of keys; a group listed twice under a rate counts once."""
    content = dict(GOOD)
    if order == "references last":
        content["provider_references"] = content.pop("provider_references")
    if order == "another first key":
        content["in_network"] = [dict(reversed(one.items())) for one in GOOD["in_network"]]
    data = dumps(content, indent=indent).encode()
    if packed:
        data = gzip.compress(data[:200]) + gzip.compress(data[200:])
    result = ingested(tmp_path, data)
    assert result.exit_code == 0, result.stderr
    facts = shown(tmp_path)
    (row,) = facts["rows"]
    assert (row["payer"], row["setting"], row["billing_class"], row["period"]) == (
        "Cigna", "outpatient", "professional", "2026-10",
    )  # fmt: skip
    assert (row["count"], row["mean"], row["p10"], row["p50"], row["p90"]) == (
        3,
        "23.67",
        "20.50",
        "20.50",
        "30.00",
    )
    assert facts["remarks"]["a provider group listed twice, counted once"] == 1
    assert shown(tmp_path, "96365")["rows"] == []
    assert "99213" not in (tmp_path / "ed" / "20261101" / "rates.csv").read_text()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (entry("96375", rate([1], price(40.5, negotiated_type="percentage"))), "a rate that is percentage"),
        (entry("96375", rate([1], price(40.5, negotiated_type="per diem"))), "a rate that is per diem"),
        (entry("96375", rate([1], price(-4))), "a rate of nothing or less"),
        (entry("96375", rate([1], price(0))), "a rate of nothing or less"),
        (entry("96375", rate([1], price(9e9))), "a rate over 50000 USD"),
        (entry("96375", rate([1], price("much"))), "a rate that is no number"),
        (entry("96375", rate([1], price(9, expiration_date="2026-10-31"))), "an expired rate"),
        (
            entry("96375", rate([1], price(9, billing_code_modifier=["59"]))),
            "a rate of a code with modifiers",
        ),
        (entry("96375", rate([1], price(9)), negotiation_arrangement="bundle"), "a rate of a bundle"),
        (entry("96375", rate([1], price(9)), negotiation_arrangement="capitation"), "a rate of a capitation"),
        (entry("CSTM-00", rate([1], price(9))), "a rate of all codes of a type"),
        (
            entry("96375", rate([1], price(9, service_code=["21", "22"]))),
            "a professional rate of facilities' places of service alone",
        ),
        (entry("96375", rate([7], price(9))), "a rate of no provider group that the file resolves"),
    ],
)
def test_what_is_no_fee_is_counted_and_never_averaged_in(
    tmp_path: Path, wrong: dict[str, Any], reason: str
) -> None:
    """Each by its reason, in what is printed and in the edition."""
    result = ingested(tmp_path, dumps(document(*GOOD["in_network"], wrong)))
    assert f"left out  1  {reason}" in result.stdout
    facts = shown(tmp_path)
    assert facts["left_out"] == {reason: 1}
    assert [row["count"] for row in facts["rows"]] == [3]


def test_a_reference_that_is_an_address_is_never_followed(tmp_path: Path) -> None:
    """It is counted, and the rates that rest on it alone are left out."""
    content = document(entry("96375", rate([3], price(9))))
    content["provider_references"].append(
        {"provider_group_id": 3, "location": "https://example.org/groups.json"}
    )
    result = ingested(tmp_path, dumps(content))
    assert "remarked  1  a provider reference that is an address, not followed" in result.stdout
    assert "left out  1  a rate of no provider group that the file resolves" in result.stdout


def test_groups_of_the_first_schema_stand_in_the_rate(tmp_path: Path) -> None:
    """Version 1: no setting, groups inline."""
    old = price(12)
    del old["setting"]
    content = document(
        entry("96375", {"provider_groups": group(1, "33")["provider_groups"], "negotiated_prices": [old]})
    )
    content["version"] = "1.2.0"
    del content["provider_references"]
    assert ingested(tmp_path, dumps(content)).exit_code == 0
    (row,) = shown(tmp_path)["rows"]
    assert (row["setting"], row["count"]) == ("not said", 1)


WHOLE = dumps(GOOD).encode()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (gzip.compress(WHOLE)[:-20], "in.json: the gzip breaks off or is damaged"),
        (WHOLE[:-2], "in.json: breaks off before its end; fetch the whole file again."),
        (WHOLE[: WHOLE.rindex(b"}, {") + 1], "in.json: breaks off"),
        (
            WHOLE.replace(b'"2.0.0"', b'"3.0.0"'),
            "in.json: is of version '3.0.0' of the schema; versions 1 and 2 are read.",
        ),
        (b'{"reporting_structure": []}', "in.json: holds no negotiated rates"),
        (b"", "in.json: does not begin with the three rows of CMS's hospital price template"),
        (b"a,b\nc,d\n", "in.json: does not begin with the three rows"),
        (b'{"hospital_name":"H","version":"1.0","standard_charge_information":[]}', "is of version '1.0'"),
        (b'{"hospital_name":"H","version":"3.0.0","standard_charge_information":[{', "in.json: breaks off"),
    ],
)
def test_a_file_that_cannot_be_taken_is_a_line_and_nothing_is_written(
    tmp_path: Path, content: bytes, says: str
) -> None:
    """Where, what and what to do; never half of a file's rates."""
    result = ingested(tmp_path, content)
    assert result.exit_code == 2
    assert says in result.stderr
    assert not (tmp_path / "ed").exists()


TALL = (
    '"hospital_name","last_updated_on","version"\n"H","3/27/2026","3.0.0"\n'
    '"description","code | 1","code|1|type","code|2","code|2|type","modifiers","setting","payer_name",'
    '"standard_charge|negotiated_dollar","standard_charge|negotiated_percentage","standard_charge|methodology"\n'
    '"d\x92s","X1","CDM","96375","CPT","","outpatient","AETNA [1001]","20.00","","fee schedule"\n'
    '"d","X1","CDM","96375","CPT","","outpatient","UNITED","30.00","","other"\n'
    '"d","X1","CDM","96375","CPT","","outpatient","UNITED","","70.5","percent of total billed charges"\n'
    '"d","X1","CDM","96375","CPT","","outpatient","UNITED","44","70.5","percent of total billed charges"\n'
    '"d","X1","CDM","96375","CPT","59","outpatient","UNITED","44","","fee schedule"\n'
    '"d","X1","CDM","96375","RC","","outpatient","UNITED","99","","fee schedule"\n'
)


def test_a_hospitals_tall_table_is_read(tmp_path: Path) -> None:
    """Blanks in headers, another code page, month before day; a share of the hospital's own charge is no fee."""
    result = ingested(tmp_path, TALL.encode("cp1252", "replace").replace(b"?s", b"\x92s"), "h.csv")
    assert result.exit_code == 0, result.stderr
    facts = shown(tmp_path)
    assert {(row["payer"], row["mean"], row["period"]) for row in facts["rows"]} == {
        ("Aetna", "20.00", "2026-03"),
        ("UnitedHealthcare", "30.00", "2026-03"),
        ("four commercial payers", "25.00", "2026-03"),
    }
    assert facts["left_out"] == {
        "a rate of a code with modifiers": 1,
        "a rate that is a share of the hospital's own charge": 1,
        "a rate that is percentage": 1,
    }


def test_a_hospitals_wide_table_and_json_are_read(tmp_path: Path) -> None:
    """Every payer in columns of its own, and the JSON schema."""
    wide = (
        "hospital_name,last_updated_on,version\nH,2026-03-27,2.2.0\n"
        "description,code|1,code|1|type,setting,standard_charge|Medicare|A|negotiated_dollar,"
        "standard_charge|Medicare|A|methodology,standard_charge|Cigna|P|negotiated_dollar,"
        "standard_charge|Cigna|P|methodology\nd,96375,HCPCS,both,10,fee schedule,20.00,fee schedule\n"
    )
    assert ingested(tmp_path, wide, "w.csv").exit_code == 0
    rows = {row["payer"]: row for row in shown(tmp_path)["rows"]}
    assert (rows["Cigna"]["gap_to_medicare"], rows["Cigna"]["ratio_to_medicare"]) == ("10.00", 2.0)
    item = {
        "description": "d",
        "code_information": [{"code": "96375", "type": "CPT"}],
        "standard_charges": [
            {
                "setting": "outpatient",
                "payers_information": [
                    {"payer_name": "Cigna", "methodology": "fee schedule", "standard_charge_dollar": 21.5},
                    {"payer_name": "Cigna", "methodology": "case rate", "standard_charge_dollar": 500},
                ],
            }
        ],
    }
    content = {
        "hospital_name": "H",
        "last_updated_on": "2026-03-27",
        "version": "3.0.0",
        "standard_charge_information": [item],
    }
    result = ingested(tmp_path, dumps(content), "h.json")
    assert "20261101 already holds rates" in result.stderr
    result = ingested(tmp_path, dumps(content), "h.json", "--replace")
    assert "left out  1  a rate that is a case rate" in result.stdout
    assert [row["mean"] for row in shown(tmp_path)["rows"]] == ["21.50"]


@pytest.mark.parametrize("size", [1, 7, 64, 300, 10_000])
def test_objects_are_cut_alike_however_the_stream_is(size: int) -> None:
    """A chunk may end anywhere, also inside the key an object is known by."""
    text = dumps(document(*GOOD["in_network"], entry("negotiation_arrangement")), indent=1).encode()

    def chunks() -> Iterator[bytes]:
        yield from (text[at : at + size] for at in range(0, len(text), size))

    found = list(slices(chunks()))
    assert b"".join(one.data for one in found) == text
    assert Counter(one.kind for one in found) == {b"": 1, GROUPS: 2, RATES: 3}


def test_an_object_that_begins_with_another_key_is_not_cut() -> None:
    """It is refused, and read another way."""
    with pytest.raises(OtherOrderError):
        list(slices([b'{"in_network":[{"name":"x","negotiation_arrangement":"ffs"}]}']))


def test_several_files_make_one_edition(tmp_path: Path) -> None:
    """Through two processes too, byte for byte; one file named twice is refused."""
    paths = []
    for number, payer in enumerate(("Cigna", "Aetna")):
        path = tmp_path / f"{number}.json"
        path.write_text(dumps({**GOOD, "reporting_entity_name": payer}))
        paths.append(str(path))
    written = []
    for jobs in ("1", "2"):
        into = tmp_path / f"ed{jobs}"
        assert run("ingest", *paths, "--into", str(into), "--on", DAY, "--jobs", jobs).exit_code == 0
        written.append([(into / "20261101" / name).read_bytes() for name in ("rates.csv", "edition.toml")])
    assert written[0] == written[1]
    assert b"four commercial payers,96375,outpatient,professional,2026-10,6,23.67," in written[0][0]
    twice = run("ingest", paths[0], paths[0], "--into", str(tmp_path / "ed3"), "--on", DAY)
    assert twice.exit_code == 2
    assert "two of the files are the same" in twice.stderr


def test_what_is_shown_for_people_and_as_a_table(tmp_path: Path) -> None:
    """A box for each payer, the example apart from it, and CSV that any spreadsheet reads."""
    assert ingested(tmp_path, WHOLE).exit_code == 0
    folder = str(tmp_path / "ed" / "20261101")
    text = run("show", "96375", "--from", folder).stdout
    assert "Cigna, outpatient, professional, 2026-10" in text
    assert "|" in text
    assert "never used for money" in text
    lines = run("show", "96375", "--from", folder, "--format", "csv").stdout.splitlines()
    assert lines[0].startswith("payer,code,setting,billing_class,period,count,mean,p10")
    assert len(lines) == 2
    of_site = run("show", "96375", "--from", str(Path(folder).parent), "--format", "csv").stdout
    assert of_site.splitlines() == lines
    drawn = run("show", "96375", "--from", folder, "--format", "svg").stdout
    assert fromstring(drawn).tag.endswith("svg")  # noqa: S314 -- our own output
    assert "<style>" in drawn
    assert "nothing to draw" in run("show", "96375", "--format", "svg").stderr
    alone = run("show", "96375").stdout
    assert "no edition holds a rate for it" in alone
    assert "16.37  [SEED-3, C]" in alone


def test_a_code_that_is_not_ours_and_a_folder_that_is_no_edition_are_refused(tmp_path: Path) -> None:
    """In one line."""
    assert "is no code that this product charges" in run("show", "99213").stderr
    assert "holds no edition that can be read" in run("show", "96375", "--from", str(tmp_path)).stderr


def test_a_percentile_is_a_rate_that_was_observed() -> None:
    """By the nearest rank."""
    found = spread({100: 1, 200: 1, 300: 1, 400: 1})
    assert tuple(found) == (4, 250, 100, 100, 200, 300, 400)
    assert found.between_quartiles == 200


@pytest.mark.parametrize(
    ("day", "month"),
    [
        ("2026-03-27", "2026-03"), ("3/27/2026", "2026-03"), ("12/1/26", "2026-12"), ("2026-13-01", "0000-00"),
        ("March 2026", "0000-00"), ("", "0000-00"), ("2026-03", "2026-03"), ("20260327", "0000-00"),
    ],
)  # fmt: skip
def test_a_month_is_read_of_the_days_that_files_write(day: str, month: str) -> None:
    """Any other text is no month, and spoils no edition."""
    assert month_of(day) == month


def test_a_payer_is_known_by_its_published_name() -> None:
    """Or stands under the name it gives itself."""
    assert payer_named("UHC OF [7]") == "UnitedHealthcare"
    assert payer_named("Harvard  Pilgrim") == "Harvard Pilgrim"
    assert payer_named("MEDICARE [1]") == "Medicare"
    assert payer_named("  ") == "a payer that gives no name"
    assert payer_named("Aetna", "Medicare Advantage PPO") == "Aetna, Medicare plan"
    assert payer_named("Humana Medicare") == "Humana Medicare"
    assert payer_named("UNITED COMMUNITY MEDICAID") == "UnitedHealthcare, Medicaid plan"


TRANSPARENCY = (
    Path(os.environ.get("INFUSION_SHARED", "../shared")) / "reference" / "catalogue" / "transparency-examples"
)
"""CMS's own example files; none of them holds a code of ours."""

NETWORK = sorted(TRANSPARENCY.glob("*in-network*.json"))


@pytest.mark.skipif(not NETWORK, reason="CMS's examples are not at hand")
def test_cms_own_examples_are_read_to_their_end(tmp_path: Path) -> None:
    """As they are they hold no code of ours; with one in every place, each rate is taken or left out by its reason."""
    told = {}
    for path in NETWORK:
        plain = ingested(tmp_path, path.read_bytes(), path.name)
        assert (plain.exit_code, "hold no rate of our codes" in plain.stderr) == (2, True)
        content = sub(r'("billing_code": ?)"[^"]*"', r'\1"96375"', path.read_text("utf-8"))
        content = sub(r'("billing_code_type": ?)"[^"]*"', r'\1"CPT"', content)
        more = ("--on", "2020-01-01", "--replace")
        told[path.name] = ingested(tmp_path, content, path.name, *more)
    assert len(told) == 5
    kinds = told["in-network-rates-all-negotiated-types-sample.json"].stdout
    assert "left out  2  a rate that is percentage" in kinds
    assert "left out  2  a rate of a bundle" in told["in-network-rates-bundle-single-plan-sample.json"].stdout
    first = told["v1-in-network-rates-fee-for-service-single-plan-sample.json"].stdout
    assert "remarked  1  a provider reference that is an address, not followed" in first
    network = next(path for path in TRANSPARENCY.glob("table-of-contents*"))
    assert "holds no negotiated rates" in ingested(tmp_path, network.read_bytes()).stderr


SAMPLE = TRANSPARENCY.parent / "hospital_sample_mvh.csv"


@pytest.mark.skipif(not SAMPLE.exists(), reason="the rows of a real hospital's file are not at hand")
def test_the_rows_of_a_real_hospital_are_taken_or_left_out(tmp_path: Path) -> None:
    """135 of 181 dollars are shares of the hospital's own charge, and 46 are fees."""
    head = '"hospital_name","last_updated_on","version"\n"H","2026-03-27","3.0.0"\n'
    result = ingested(tmp_path, head + SAMPLE.read_text("utf-8"), "h.csv")
    assert "left out  135  a rate that is a share of the hospital's own charge" in result.stdout
    with (tmp_path / "ed" / "20261101" / "rates.csv").open(encoding="utf-8", newline="") as file:
        rows = list(DictReader(file))
    assert sum(int(row["count"]) for row in rows if row["payer"] != "four commercial payers") == 46
    assert {"Medicare", "Aetna, Medicare plan"} < {row["payer"] for row in rows}


TEMPLATES = {
    "v2 tall": (
        (
            "code|1 ,code|1|type,setting,payer_name,plan_name,modifiers,standard_charge|negotiated_dollar,"
            "standard_charge|negotiated_percentage,standard_charge|negotiated_algorithm,estimated_amount,standard_charge|methodology"
        ),
        "96375,CPT,outpatient,Cigna,PPO,,20.00,,,999,fee schedule",
        "96375,CPT,outpatient,Aetna,PPO,,,,a formula,999,other",
    ),
    "v3 wide": (
        (
            "code|1,code|1|type,modifiers,setting,standard_charge|Cigna|PPO|negotiated_dollar,"
            "standard_charge|Cigna|PPO|negotiated_percentage,standard_charge|Cigna|PPO|negotiated_algorithm,median_amount|Cigna|PPO,"
            "count|Cigna|PPO,standard_charge|Cigna|PPO|methodology,additional_payer_notes|Cigna|PPO,standard_charge|min"
        ),
        "96375,CPT,,outpatient,20.00,,,999,12,fee schedule,,20.00",
        "96375,CPT,,outpatient,,,a formula,999,12,other,,20.00",
    ),
}
"""Columns as CMS's templates head them, with a blank behind one as the second version has it; paid history stands in both."""


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_templates_of_both_versions_are_read(tmp_path: Path, name: str) -> None:
    """A negotiated dollar is taken, an algorithm counted, and what was paid before never mixed in."""
    columns, *lines = TEMPLATES[name]
    version = "2.0.0" if name.startswith("v2") else "3.0.0"
    text = f"\ufeffhospital_name,last_updated_on,version\nH,2026-03-27,{version}\n{columns}\n" + "\n".join(
        lines
    )
    result = ingested(tmp_path, text, "h.csv")
    assert "left out  1  a rate that is an algorithm" in result.stdout, result.stderr
    assert [(row["payer"], row["mean"]) for row in shown(tmp_path)["rows"]] == [("Cigna", "20.00")]


def test_an_edition_in_the_sites_folder_is_read_by_rules_pages_and_money(tmp_path: Path) -> None:
    """Written beside the tables that stand there; the code page draws it, and the gap is to the schedule's amount."""
    site = tmp_path / "site"
    dated = site / "edits" / "20261101"
    dated.mkdir(parents=True)
    (dated / "contract.csv").write_text("payer,code,setting,usd,percent\nAetna,96375,office,9.00,\n")
    (dated / "edition.toml").write_text(
        'effective = 2026-11-01\n\n[contract]\ncite = "OURS"\ncovers = "all"\n'
    )
    (dated / "sources.toml").write_text('[OURS]\ntitle = "ours"\ngrade = "C"\n')
    path = tmp_path / "in.json"
    path.write_bytes(WHOLE)
    where = ("--site-dir", str(site), "--on", DAY)
    assert run("ingest", str(path), *where).exit_code == 0
    assert "already holds rates" in run("ingest", str(path), *where).stderr
    assert run("ingest", str(path), *where, "--replace").exit_code == 0
    assert sorted(one.name for one in dated.iterdir()) == [
        "contract.csv",
        "edition.toml",
        "rates.csv",
        "sources.toml",
    ]
    folder = read_site(site)
    assert problems(folder, date(2026, 11, 28)) == []
    with under_site(folder):
        entry = entry_of("96375", date(2026, 11, 2), None, None)
        assert entry is not None
        html, text = page([entry]), entry_text(entry, None)
    (row,) = entry["benchmarks"]["rows"]
    assert (row["medicare"], row["medicare_from"], row["gap_to_medicare"]) == (
        "15.70",
        "MPFS 2026-07-01",
        "7.97",
    )
    assert "Box: P10 to P90, quartiles in brackets, median |" in text
    assert html.count("<svg") == 1
    assert 'class="medicare"' in html
    assert "Cigna, outpatient, professional, 2026-10" in html
    assert "never used for money" in html


def test_an_edition_that_the_tables_would_not_hold_is_taken_back(tmp_path: Path) -> None:
    """The folder is as it was, and the reason is a line."""
    dated = tmp_path / "ed" / "20261101"
    dated.mkdir(parents=True)
    (dated / "edition.toml").write_text('effective = 2026-11-01\n\n[opps]\ncite = "OPPS26"\ncovers = "all"\n')
    result = ingested(tmp_path, WHOLE)
    assert result.exit_code == 2
    assert "opps.csv: named in edition.toml but cannot be read" in result.stderr
    assert [one.name for one in dated.iterdir()] == ["edition.toml"]


@pytest.mark.parametrize("name", ["", "  ", "Blue\x1b[31m", "a\nb", "a\x00b", "a\u202eb", "a\u200bb"])
def test_a_payers_name_that_is_not_seen_as_it_is_is_refused(tmp_path: Path, name: str) -> None:
    """It becomes a row of a table that people read, and must be what stays say."""
    file = tmp_path / "rates.json"
    file.write_bytes(b"{}")
    result = run("ingest", str(file), "--into", str(tmp_path / "ed"), "--on", DAY, "--payer", name)
    assert (result.exit_code, "write the name as events have it" in " ".join(result.stderr.split())) == (
        2,
        True,
    )
    assert not (tmp_path / "ed").exists()
