"""The page and the probes of a process, as Prometheus and a cluster manager read them."""

import urllib.error
import urllib.request
from typing import Final, NamedTuple

from orjson import loads
from prometheus_client.parser import text_string_to_metric_families

PATIENCE_S: Final = 5.0

Labels = tuple[tuple[str, str], ...]


class Readiness(NamedTuple):
    """What /readyz answered."""

    status: int
    state: str
    why: str


class Scraped:
    """One reading of /metrics."""

    def __init__(self, text: str) -> None:
        self._values: dict[tuple[str, Labels], float] = {
            (sample.name, tuple(sorted(sample.labels.items()))): float(sample.value)
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
        self.names = {name for name, _ in self._values}

    def value(self, name: str, **labels: str) -> float | None:
        """Return the value of one series, None where there is none."""
        return self._values.get((name, tuple(sorted(labels.items()))))

    def total(self, name: str) -> float:
        """Return the sum over all series of a name."""
        return sum(value for (found, _), value in self._values.items() if found == name)

    def series(self, name: str) -> dict[Labels, float]:
        """Return every series of a name."""
        return {labels: value for (found, labels), value in self._values.items() if found == name}


def _get(port: int, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE_S) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def scraped(port: int) -> Scraped:
    """Return the page of the process at a port of this machine."""
    return Scraped(_get(port, "/metrics")[1].decode())


def readiness(port: int) -> Readiness:
    """Return what /readyz says there; nobody there is no state."""
    try:
        status, body = _get(port, "/readyz")
    except (urllib.error.URLError, TimeoutError):  # its port is taken before it is ready to answer
        return Readiness(0, "", "")
    said = loads(body)
    return Readiness(status, said["state"], said["why"])


def alive(port: int) -> bool:
    """Tell whether /livez says so."""
    return _get(port, "/livez")[0] == 200
