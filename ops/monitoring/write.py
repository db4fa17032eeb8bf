"""
Writes the dashboards and the alert rules: ``make monitoring``. A test compares what is checked in with what this says.

The rules of a site are those of its own ``thresholds.py``.
"""

import json
from pathlib import Path
from typing import Any, Final

import yaml
from alert_rules import rule_file
from dashboards import dashboards
from thresholds import Thresholds

OPS: Final = Path(__file__).resolve().parents[1]
_HEAD: Final = (
    "# Written by ops/monitoring/write.py (make monitoring) from thresholds.py; changes here are lost.\n"
)


class _Text(yaml.SafeDumper):
    """Writes text of several lines as lines."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Text.add_representer(str, _text)


def rules_text(limits: Thresholds) -> str:
    """Return the rule file."""
    return _HEAD + yaml.dump(
        rule_file(limits), Dumper=_Text, sort_keys=False, width=1000, default_flow_style=False
    )


def files(limits: Thresholds) -> dict[str, str]:
    """Return the text of each file, by its place in ``ops``."""

    def as_json(dashboard: dict[str, Any]) -> str:
        return json.dumps(dashboard, indent=2, ensure_ascii=False) + "\n"

    shown = {
        f"grafana/{uid.removeprefix('infusion-')}.json": as_json(one)
        for uid, one in dashboards(limits).items()
    }
    return {"prometheus/alerts.yml": rules_text(limits), **shown}


if __name__ == "__main__":
    for name, text in files(Thresholds()).items():
        (OPS / name).write_text(text, encoding="utf-8")
        print(f"ops/{name}")  # noqa: T201 - a script tells what it wrote
