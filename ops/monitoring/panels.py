"""Panels of a Grafana dashboard as its JSON model has them: a title, queries, a unit, and a place on the grid."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from streams.metrics.table import BY_NAME

SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
"""The variable of the dashboard, so that it opens on whatever Prometheus a Grafana has."""

GRID: Final = 24
_NAME: Final = re.compile(r"\binfusion_[a-z0-9_]+")
_PART: Final = re.compile(r"_(?:bucket|count|sum)$")


class Query(NamedTuple):
    """One expression, and how its series are called; a table takes the newest value of each."""

    expr: str
    legend: str = ""


class Panel(NamedTuple):
    """One panel; ``unit`` is Grafana's id of a unit, ``steps`` are colours from a value on."""

    kind: str
    title: str
    queries: Sequence[Query] = ()
    unit: str = "short"
    width: int = 8
    height: int = 7
    steps: Sequence[tuple[float | None, str]] = ()
    text: str = ""
    stacked: bool = False
    page: str = ""
    """The address of the console's page behind it; a label stands in it as ``${__field.labels.NAME}``."""


def names_in(expr: str) -> list[str]:
    """Return the metrics of our table that an expression asks for, each once, as the table has them."""
    found = (name if name in BY_NAME else _PART.sub("", name) for name in _NAME.findall(expr))
    return list(dict.fromkeys(found))


def laid_out(rows: Iterable[Sequence[Panel]]) -> list[dict[str, Any]]:
    """Return the panels row by row, each with its id and its place."""
    panels: list[dict[str, Any]] = []
    top = 0
    for row in rows:
        left = 0
        for panel in row:
            place = {"h": panel.height, "w": panel.width, "x": left, "y": top}
            panels.append({"id": len(panels) + 1, "gridPos": place, **_model(panel)})
            left += panel.width
        top += max(panel.height for panel in row)
    return panels


def _model(panel: Panel) -> dict[str, Any]:
    if panel.kind == "text":
        return {
            "type": "text",
            "title": panel.title,
            "options": {"mode": "markdown", "content": panel.text},
        }
    instant = panel.kind in {"stat", "bargauge"}
    targets = [
        {
            "refId": chr(ord("A") + number),
            "datasource": SOURCE,
            "expr": query.expr,
            "legendFormat": query.legend,
            "range": not instant,
            "instant": instant,
        }
        for number, query in enumerate(panel.queries)
    ]
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": _described(panel),
        "datasource": SOURCE,
        "targets": targets,
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _options(panel),
    }


def _described(panel: Panel) -> str:
    """Return what the table of metrics says of each that the panel shows."""
    names = dict.fromkeys(name for query in panel.queries for name in names_in(query.expr))
    return "\n\n".join(f"`{name}`: {BY_NAME[name].help}" for name in names)


def _defaults(panel: Panel) -> dict[str, Any]:
    steps = panel.steps or ((None, "green"),)
    defaults: dict[str, Any] = {
        "unit": panel.unit,
        "noValue": "no worker says",
        "thresholds": {
            "mode": "absolute",
            "steps": [{"value": value, "color": colour} for value, colour in steps],
        },
        "color": {"mode": "thresholds" if panel.kind in {"stat", "bargauge"} else "palette-classic"},
    }
    if panel.page:
        defaults["links"] = [{"title": "Open in the console", "url": panel.page, "targetBlank": True}]
    if panel.kind == "timeseries":
        custom: dict[str, Any] = {
            "lineWidth": 1,
            "fillOpacity": 10,
            "showPoints": "never",
            "stacking": {"mode": "normal" if panel.stacked else "none"},
            "thresholdsStyle": {"mode": "line" if panel.steps else "off"},
        }
        defaults |= {"min": 0, "custom": custom}
    return defaults


def _options(panel: Panel) -> dict[str, Any]:
    newest = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    if panel.kind == "stat":
        return {"reduceOptions": newest, "colorMode": "value", "graphMode": "none", "textMode": "auto"}
    if panel.kind == "bargauge":
        return {"reduceOptions": newest, "orientation": "horizontal", "displayMode": "basic"}
    return {
        "legend": {"displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"]},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
