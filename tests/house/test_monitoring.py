"""Dashboards and alerts: as their script writes them, of metrics there are, each alert tested and told what to do about."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from alert_rules import rule_file, span
from prometheus_program import program
from thresholds import Thresholds
from write import OPS, files, rules_text

from streams.metrics.table import BY_NAME

LIMITS = Thresholds()
WRITTEN = files(LIMITS)
DASHBOARDS: dict[str, dict[str, Any]] = {
    name: json.loads(text) for name, text in WRITTEN.items() if name.endswith(".json")
}
RULES = [rule for group in rule_file(LIMITS)["groups"] for rule in group["rules"]]

WORDS = {"and", "or", "unless", "by", "on", "without", "bool", "offset"}
"""PromQL's own, beside functions, which a bracket follows."""

OF_PROMETHEUS = {"instance", "job", "le"}
"""Labels every series gets, and the bound of a bucket."""


def queries() -> Iterator[tuple[str, str]]:
    """Yield every expression there is, with where it stands."""
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for name, dashboard in DASHBOARDS.items():
        for panel in dashboard["panels"]:
            for target in panel.get("targets", ()):
                yield f"{name}: {panel['title']}", target["expr"]


def metrics_in(expr: str) -> set[str]:
    """Return every metric an expression asks for, whoever's it is."""
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b(?:by|on|without)\s*\([^)]*\)", " ", expr)
    return {name for name in re.findall(r"\b[a-z_][a-z0-9_]*\b(?!\s*\()", bare) if name not in WORDS}


def promtool(*words: str) -> str:
    """Return what promtool says, which must like what it is given."""
    tool = program("promtool", "the rules' own tests were not run")
    judged = subprocess.run([tool, *words], check=False, capture_output=True, text=True)
    assert judged.returncode == 0, judged.stdout + judged.stderr
    return judged.stdout


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_checked_in_is_what_the_script_writes(name: str) -> None:
    """``make monitoring`` writes it anew, after a change of the script, of a threshold, or of the table of metrics."""
    assert (OPS / name).read_text(encoding="utf-8") == WRITTEN[name], "run make monitoring"


def test_every_metric_and_label_in_a_query_is_in_the_table() -> None:
    """A query for a name nobody reports is empty for ever, and an alert of it never fires."""
    for where, expr in queries():
        names = metrics_in(expr)
        assert names, where
        labels: set[str] = set()
        for name in names:
            plain = name if name in BY_NAME else re.sub(r"_(?:bucket|sum|count)$", "", name)
            assert plain in BY_NAME, f"{where}: {name}"
            assert plain == name or BY_NAME[plain].kind == "histogram", f"{where}: {name}"
            labels |= set(BY_NAME[plain].labels)
        used = set(re.findall(r"([a-z]+)\s*[=!]~?\"", expr))
        for grouped in re.findall(r"\bby\s*\(([^)]*)\)", expr):
            used |= {label.strip() for label in grouped.split(",")}
        assert used <= labels | OF_PROMETHEUS, where


def test_the_dashboards_open_on_whatever_prometheus_there_is() -> None:
    """Fixed ids, a variable for the source, and nothing to be filled in at import."""
    assert [dashboard["uid"] for dashboard in DASHBOARDS.values()] == [
        "infusion-money", "infusion-flow", "infusion-feeds",
    ]  # fmt: skip
    for dashboard in DASHBOARDS.values():
        assert "__inputs" not in dashboard
        assert "id" not in dashboard
        (variable,) = dashboard["templating"]["list"]
        assert (variable["name"], variable["type"], variable["query"]) == (
            "datasource",
            "datasource",
            "prometheus",
        )
        for panel in dashboard["panels"]:
            assert panel["type"] == "text" or panel["datasource"]["uid"] == "${datasource}"
            place = panel["gridPos"]
            assert place["x"] + place["w"] <= 24
        numbers = [panel["id"] for panel in dashboard["panels"]]
        assert len(set(numbers)) == len(numbers)


def test_every_alert_is_tested_to_fire_and_to_keep_quiet() -> None:
    """In the rules' own tests, which promtool runs."""
    tests = yaml.safe_load((OPS / "prometheus/alerts_test.yml").read_text(encoding="utf-8"))["tests"]
    fired, quiet = set(), set()
    for one in tests:
        for asked in one.get("promql_expr_test", ()):
            name = re.findall(r'alertname="(\w+)"', asked["expr"])[0]
            (fired if asked["exp_samples"] else quiet).add(name)
    names = {rule["alert"] for rule in RULES}
    assert fired == names
    assert quiet == names


def test_every_alert_says_what_to_do() -> None:
    """Under its name in the README of ops, and which dashboard shows it."""
    text = (OPS / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(Infusion\w+)`", text, re.MULTILINE) == [rule["alert"] for rule in RULES]
    shown = {dashboard["uid"] for dashboard in DASHBOARDS.values()}
    assert {rule["annotations"]["dashboard"] for rule in RULES} == shown


def test_the_bill_hold_is_the_policys() -> None:
    """The alert asks how much of it is left, and no number of days stands in the rules."""
    text = rules_text(Thresholds(bill_hold_left=7200))
    assert "expr: min by (payer) (infusion_bill_hold_remaining_seconds) < 7200" in text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (90, "90s"), (300, "5m"), (7200, "2h"), (172_800, "2d")]
)
def test_a_span_is_written_in_its_largest_whole_unit(seconds: int, text: str) -> None:
    """As PromQL reads it."""
    assert span(seconds) == text


def test_promtool_runs_the_tests_of_the_rules() -> None:
    """Each alert fires and clears on series made by hand."""
    assert "SUCCESS" in promtool("test", "rules", str(OPS / "prometheus/alerts_test.yml"))


def test_promtool_reads_rules_and_configurations() -> None:
    """And warns of nothing."""
    promtool("check", "rules", str(OPS / "prometheus/alerts.yml"))
    for name in ("prometheus.yml", "prometheus.local.yml"):
        promtool("check", "config", str(OPS / "prometheus" / name))


def test_promtool_reads_every_query_of_the_dashboards(tmp_path: Path) -> None:
    """Each as the expression of a rule."""
    rules = [{"record": f"panel:{number}", "expr": expr} for number, (_, expr) in enumerate(queries())]
    place = tmp_path / "panels.yml"
    place.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    promtool("check", "rules", str(place))
