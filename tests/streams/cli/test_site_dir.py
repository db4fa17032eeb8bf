"""``--site-dir`` and ``INFUSION_SITE_DIR``: one way for every verb that codes, shows what codes, or writes editions."""

from datetime import date
from json import loads
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner, Result
from drug_lists import ASP

from models.drug import Drug
from rules.data_files import DRUGS, EDITS
from rules.formulary.lookup import substance
from rules.site_folder import read_site, under_site
from streams.cli import main
from streams.cli.shared.site_option import VARIABLE
from streams.engine.cluster_facts import ClusterFacts
from streams.worker.settings import WorkerSettings

EXAMPLE = Path(__file__).resolve().parents[3] / "docs" / "site"

OWN_PACKAGES = ("99999-0002-01", "99999-0001-01")
"""One that a refresh brought, and one that the example's pharmacy buys."""

STAY = (
    '{"type":"encounter_opened","event_id":"a1","encounter_id":"ID","occurred_at":"2026-03-02T07:40:00-05:00",'
    '"setting":"facility","payer":"medicare","time_zone":"America/New_York","facility":"NORTH"}\n'
    '{"type":"infusion_started","event_id":"m1","encounter_id":"ID","occurred_at":"2026-03-02T08:00:00-05:00",'
    '"administration_id":"A1","drug":{"name":"onc premed bag"},"route":"IV"}\n'
    '{"type":"infusion_stopped","event_id":"m2","encounter_id":"ID","occurred_at":"2026-03-02T08:31:00-05:00",'
    '"administration_id":"A1"}\n'
    '{"type":"injection_given","event_id":"m3","encounter_id":"ID","occurred_at":"2026-03-02T09:00:00-05:00",'
    '"administration_id":"A2","drug":{"name":"clesrovimab"},"route":"IM"}\n'
    '{"type":"encounter_discharged","event_id":"a2","encounter_id":"ID","occurred_at":"2026-03-02T10:00:00-05:00"}\n'
)


def run(*typed: str, **environment: str) -> Result:
    """Return what a verb did."""
    return CliRunner().invoke(main, typed, env=dict(environment))


@pytest.fixture
def day(tmp_path: Path) -> Path:
    """Return a file of stays that only the site's folder can code."""
    file = tmp_path / "day.jsonl"
    file.write_text("".join(STAY.replace("ID", f"E{number}") for number in range(1, 5)), encoding="utf-8")
    return file


def codes(result: Result) -> list[list[str]]:
    """Return the codes of each charge set."""
    return [[line["code"] for line in loads(row)["lines"]] for row in result.stdout.splitlines()]


def test_code_takes_it_from_the_option_or_the_environment(day: Path) -> None:
    """The same bytes, in one process or in two; without it the drug is unknown."""
    held = run("code", "-q", str(day))
    assert held.exit_code == 1
    assert "F-CLASS_UNKNOWN 4" in held.stderr
    chosen = run("code", "-q", "--site-dir", str(EXAMPLE), str(day))
    assert chosen.exit_code == 0, chosen.stderr
    assert codes(chosen) == [["96365", "96381"]] * 4
    first = loads(chosen.stdout.splitlines()[0])
    assert first["policy"] == "medicare-facility+north-campus"
    assert set(first["tables"]) >= {"site_formulary", "site_rxnorm", "site_ndc"}
    assert [flag["flag"] for flag in first["flags"]] == []
    told = run("code", "-q", str(day), **{VARIABLE: str(EXAMPLE)})
    pooled = run("code", "-q", "--jobs", "2", str(day), **{VARIABLE: str(EXAMPLE)})
    assert told.stdout == pooled.stdout == chosen.stdout


def test_the_option_comes_before_the_environment(day: Path, tmp_path: Path) -> None:
    """A person at a terminal means what is typed."""
    (tmp_path / "empty").mkdir()
    chosen = run("code", "-q", "--site-dir", str(EXAMPLE), str(day), **{VARIABLE: str(tmp_path / "empty")})
    assert chosen.exit_code == 0, chosen.stderr


def test_explain_draws_under_it(day: Path) -> None:
    """As code codes."""
    result = run("explain", "--site-dir", str(EXAMPLE), "--encounter", "E1", str(day))
    assert result.exit_code == 0, result.stderr
    assert "96365" in result.stdout


def test_rules_show_what_it_lays_over(tmp_path: Path) -> None:
    """The policy's answers and the editions in force, with the site's own among them."""
    site = tmp_path / "site"
    folder = site / "edits" / "20260201"
    copytree(EXAMPLE, site)
    folder.mkdir(parents=True)
    (folder / "edition.toml").write_text(
        'effective = 2026-02-01\n[opps]\ncite = "PHARMACY-2026-11"\ncovers = "read"\n', encoding="utf-8"
    )
    (folder / "opps.csv").write_text("code,status,apc,cents\n96365,S,5693,30000\n", encoding="utf-8")
    plain = run("rules", "--on", "2026-03-02", "show", "96365")
    shown = run("rules", "--on", "2026-03-02", "--site-dir", str(site), "show", "96365")
    assert "217.31 USD" in plain.stdout
    assert "300.00 USD" in shown.stdout
    assert "PHARMACY-2026-11" in run("rules", "--on", "2026-03-02", "--site-dir", str(site)).stdout
    assert run("rules", "--on", "2026-03-02", "show", "96365").stdout == plain.stdout


def test_the_worker_codes_under_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its settings carry the folder to everything the worker codes."""
    started: list[WorkerSettings] = []

    async def partitions(_: object) -> int:
        return 1

    async def cluster(_: object) -> ClusterFacts:
        return ClusterFacts("here", {})

    monkeypatch.setattr("streams.cli.worker._partitions", partitions)
    monkeypatch.setattr("streams.cli.worker.cluster_now", cluster)
    monkeypatch.setattr("streams.cli.worker._run", lambda _, settings, *__: started.append(settings) or 0)
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": "localhost:1",
        "INFUSION_DATA_DIR": str(tmp_path),
        "INFUSION_METRICS_BIND": "off",
    }
    result = run("worker", **environment, **{VARIABLE: str(EXAMPLE)})
    assert result.exit_code == 0, result.stderr
    assert started[0].profile.site == read_site(EXAMPLE)
    assert started[0].profile.policy is None


def test_check_reads_both_and_counts_what_nobody_signed() -> None:
    """What ships, and the folder over it."""
    plain, result = run("check"), run("check", "--site-dir", str(EXAMPLE))
    assert result.exit_code == 0, result.stdout
    said = {line.split()[0]: line for line in result.stderr.splitlines()}
    assert "signed 2" in said["formulary"]
    assert "signed 0" in plain.stderr
    assert "policies 1, drugs added 2" in said["site"]
    assert "the site's own 1 of them" in said["signed"]


def test_check_lists_everything_wrong_with_a_folder(tmp_path: Path) -> None:
    """Each a line with the folder's name; a verb that codes stops at the first and says how many more there are."""
    site = tmp_path / "ours"
    (site / "drugs").mkdir(parents=True)
    (site / "drugs" / "products.csv").write_text("product,class\nx,a\ny,b\n", encoding="utf-8")
    result = run("check", "--site-dir", str(site))
    assert result.exit_code == 1
    problems = result.stdout.splitlines()
    assert len(problems) == 4
    assert all(problem.startswith("ours/drugs/products.csv line ") for problem in problems)
    refused = run("code", "--site-dir", str(site), "-")
    assert refused.exit_code == 2
    assert "3 more: run 'infusion check --site-dir'" in refused.stderr


@pytest.mark.parametrize(
    "verb", [["code"], ["explain"], ["recode", "--since", "2026-01-01"], ["rules"], ["worker"], ["demo"]]
)
def test_a_folder_that_is_none_ends_every_verb_with_a_line(verb: list[str]) -> None:
    """It names the setting, and nothing is coded without the folder."""
    result = run(*verb, **{VARIABLE: "nowhere"})
    assert result.exit_code == 2
    assert "'INFUSION_SITE_DIR'" in result.stderr
    assert "nowhere: there is no such folder" in result.stderr


def test_an_unknown_policy_of_the_site_is_refused_and_its_own_is_taken(day: Path, tmp_path: Path) -> None:
    """``--policy`` knows the payers of the folder by name."""
    site = tmp_path / "site"
    copytree(EXAMPLE, site)
    text = 'scope = "payer"\nname = "north-plan"\ntitle = "T"\nedition = 2026-11-22\nextends = "medicare"\n'
    (site / "policies" / "plan.toml").write_text(text, encoding="utf-8")
    assert run("code", "--policy", "north-plan", str(day)).exit_code == 2
    result = run("code", "-q", "--policy", "north-plan", "--site-dir", str(site), str(day))
    assert result.exit_code == 0, result.stderr
    assert loads(result.stdout.splitlines()[0])["policy"] == "north-plan-facility+north-campus"


def test_refresh_writes_into_the_folder_and_never_into_the_package(tmp_path: Path) -> None:
    """What it wrote is in force at once for the next verb."""
    shipped = sorted(path.name for path in EDITS.iterdir())
    site, file = tmp_path / "site", tmp_path / "addendum.csv"
    site.mkdir()
    rows = "".join(f"{code},S,5693,{number}.00\n" for number, code in enumerate(charged(), 100))
    file.write_text(f"HCPCS Code,SI,APC,Payment Rate\n{rows}", encoding="utf-8")
    result = run("refresh", "2027Q1", "--opps", str(file), **{VARIABLE: str(site)})
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith(f"opps: {len(charged())} rows, 0 came, 0 went, ")
    assert sorted(path.name for path in EDITS.iterdir()) == shipped
    assert (site / "edits" / "20270101" / "opps.csv").is_file()
    assert run("check", "--site-dir", str(site)).exit_code == 0
    shown = run("rules", "--on", "2027-01-15", "--site-dir", str(site))
    assert "CMS-OPPS-2027-01-01" in shown.stdout


def test_refresh_writes_drug_lists_into_the_folder_too(tmp_path: Path) -> None:
    """A package that came with the quarter is known with the folder, and what the site wrote by hand stays."""
    shipped, site = sorted(path.name for path in DRUGS.iterdir()), tmp_path / "site"
    copytree(EXAMPLE, site)
    head = ASP.read_text(encoding="latin-1").split("_2026_CODE")[0]
    columns = "_2026_CODE,Short Description,LABELER NAME,NDC2,Drug Name,HCPCS dosage,PKG SIZE,PKG QTY,BILLUNITS,BILLUNITSPKG"
    listed = [*packages(), ("99999000201", "J0696")]
    rows = "".join(
        f"{code},x,x,{ndc[:5]}-{ndc[5:9]}-{ndc[9:]},x,1 MG,1,1,1,1,,,,,,\n" for ndc, code in listed
    )
    crosswalk = tmp_path / "January 2026 ASP NDC-HCPCS Crosswalk 121725.csv"
    crosswalk.write_text(f"{head}{columns},,,,,,\n{rows}", encoding="latin-1")
    result = run("refresh", "2026Q1", "--asp-ndc", str(crosswalk), **{VARIABLE: str(site)})
    assert result.exit_code == 0, result.stderr
    assert "  came 99999000201 J0696" in result.stdout
    assert sorted(path.name for path in DRUGS.iterdir()) == shipped
    assert run("check", "--site-dir", str(site)).exit_code == 0
    with under_site(read_site(site)):
        known = [substance(Drug(code=code, system="ndc"), date(2026, 3, 2)) for code in OWN_PACKAGES]
    assert known == ["ceftriaxone", "dexamethasone"]


def packages() -> list[tuple[str, str]]:
    """Return the packages of the shipped crosswalk with their codes."""
    rows = (DRUGS / "ndc.csv").read_text(encoding="utf-8").splitlines()
    pairs = (row.partition(",") for row in rows if not row.startswith(("#", "ndc")))
    return [(ndc, code) for ndc, _, code in pairs]


def charged() -> list[str]:
    """Return the codes the shipped price list holds."""
    text = (EDITS / "20260101" / "opps.csv").read_text(encoding="utf-8")
    return [row.partition(",")[0] for row in text.splitlines()[1:]]
