"""A real Prometheus on a free port of loopback, with its data in a folder of the test, looking twice a second."""

import signal
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlencode

import yaml
from kafka_process import Process
from kafka_settings import free_ports
from orjson import loads
from prometheus_program import program

EVERY: Final = "500ms"
UP_WITHIN_S: Final = 30


class PrometheusServer:
    """Scrapes jobs, each a name and a port of this machine, under rules given as text; it ends with the block."""

    def __init__(self, folder: Path, jobs: Mapping[str, int], rules: str) -> None:
        self._program = program("prometheus", "no alert was seen to fire")
        self._process = Process(folder / "prometheus.log")
        (self.port,) = free_ports(1)
        about = {
            "global": {"scrape_interval": EVERY, "scrape_timeout": EVERY, "evaluation_interval": EVERY},
            "rule_files": ["rules.yml"],
            "scrape_configs": [
                {"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
                for name, port in jobs.items()
            ],
        }
        (folder / "rules.yml").write_text(rules, encoding="utf-8")
        (folder / "prometheus.yml").write_text(yaml.safe_dump(about), encoding="utf-8")
        self._options = [
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]

    def __enter__(self) -> Self:
        self._process.start([self._program, *self._options])
        began = time.monotonic()
        while not self._ready():
            assert time.monotonic() - began < UP_WITHIN_S, self._process.last_words()
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.end(signal.SIGTERM)

    def firing(self) -> set[str]:
        """Return the names of the alerts that fire now."""
        return {
            alert["labels"]["alertname"]
            for alert in self._data("alerts")["alerts"]
            if alert["state"] == "firing"
        }

    def broken(self) -> list[str]:
        """Return what Prometheus could not evaluate, or could not scrape."""
        rules = [rule for group in self._data("rules")["groups"] for rule in group["rules"]]
        targets = self._data("targets")["activeTargets"]
        return [rule["name"] for rule in rules if rule["health"] == "err"] + [
            f"{target['scrapePool']}: {target['lastError']}" for target in targets if target["lastError"]
        ]

    def values(self, expr: str) -> list[tuple[dict[str, str], float]]:
        """Return what an expression comes to now: labels and value of each series."""
        found = self._data("query", query=expr)["result"]
        return [(one["metric"], float(one["value"][1])) for one in found]

    def _data(self, path: str, **asked: str) -> Any:
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urlencode(asked)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return loads(answer.read())["data"]

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=5):
                return True
        except (urllib.error.URLError, TimeoutError):
            return False
