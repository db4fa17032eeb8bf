"""
The folder of a new broker, laid out without Kafka's own tool: that is a Java by itself, a third of what a start costs.

What the tool wrote the first time is kept beside the jars. It is of the release alone: which features a cluster begins
with. A broker with users of its own, which stand there too, is laid out by the tool.
"""

import os
import shutil
from pathlib import Path

from kafka_jars import jars

_LOG = "__cluster_metadata-0"
_FIRST = "00000000000000000000-0000000000.checkpoint"


def laid_out(data: Path, node: int, cluster: str, directory: str) -> bool:
    """
    Lay out a broker's folder and tell whether that could be done; ``directory`` is its name within the cluster.

    Raises:
        NoKafkaError: no jars and no way to fetch them.
    """
    if not _kept().exists():
        return False
    log = data / _LOG
    log.mkdir(parents=True)
    shutil.copy(_kept(), log / _FIRST)
    about = {"version": "1", "node.id": str(node), "directory.id": directory, "cluster.id": cluster}
    lines = "".join(f"{key}={value}\n" for key, value in about.items())
    (data / "meta.properties").write_text(lines, encoding="utf-8")
    return True


def keep(data: Path) -> None:
    """Keep what the tool has written into a folder, for brokers to come."""
    new = _kept().with_suffix(f".{os.getpid()}")
    shutil.copy(data / _LOG / _FIRST, new)
    new.rename(_kept())


def _kept() -> Path:
    return jars() / "first.checkpoint"
