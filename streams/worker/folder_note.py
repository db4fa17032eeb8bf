"""
The note in a data folder: of which cluster and which topics its stores are, so that none is taken for another's.

Stores know offsets of changelogs and nothing else. Of another cluster with a shorter or a longer changelog they would be
read as if they were this one's, and stays that share an id would be charged with each other's events.
"""

import json
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from streams.engine.cluster_facts import ClusterFacts, TopicFacts
from streams.engine.cluster_requests import ask_cluster
from streams.engine.log_faults import fault_of
from streams.kafka.admin import asked
from streams.kafka.connection import Connection
from streams.wire import topics
from streams.worker.settings import SettingError

NOTE: Final = "cluster.json"

_log = logging.getLogger(__name__)


async def cluster_now(connection: Connection, names: Iterable[str] = topics.KEPT) -> ClusterFacts:
    """
    Return what Kafka says of itself and of these topics.

    Raises:
        aiokafka.errors.KafkaError: Kafka cannot be reached or does not answer.
    """
    return await asked(connection, lambda client: ask_cluster(client, names))


def compare_note(folder: Path, now: ClusterFacts) -> ClusterFacts:
    """
    Compare the note of a folder with the cluster, write it anew, and return what is known from now on.

    Stores of a release that wrote no note are taken for this cluster's, once, with a line in the log.

    Raises:
        LogFaultError: the folder is of another cluster, or topics are not those it was made from.
        SettingError: the note cannot be read or written.
    """
    file = folder / NOTE
    kept = _read(file)
    if kept is not None and (fault := fault_of(kept, now)) is not None:
        message = f"INFUSION_DATA_DIR: {folder} is not of these topics: {fault}"
        raise type(fault)(message)
    if kept is None and any(entry.is_dir() for entry in folder.iterdir()):
        _log.warning(
            "%s has stores and no note of their cluster, as releases before this one left them: taken for those of "
            "cluster %s from now on", folder, now.cluster_id,
        )  # fmt: skip
    known = now if kept is None else kept.with_more(now)
    if known != kept:
        _write(file, known)
    return known


def _read(file: Path) -> ClusterFacts | None:
    try:
        said: Any = json.loads(file.read_bytes())
        found = {
            str(name): TopicFacts(about["id"], int(about["partitions"]))
            for name, about in said["topics"].items()
        }
        return ClusterFacts(said["cluster"], found)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not what a worker wrote"
        message = (
            f"INFUSION_DATA_DIR: {file} cannot be read: {why}; if the folder is this worker's, delete the folder: "
            "it is filled again from Kafka"
        )
        raise SettingError(message) from None


def _write(file: Path, known: ClusterFacts) -> None:
    said = {
        "cluster": known.cluster_id,
        "topics": {
            name: {"id": about.topic_id, "partitions": about.partitions}
            for name, about in sorted(known.topics.items())
        },
    }
    new = file.with_suffix(".new")
    try:
        with new.open("w", encoding="utf-8") as written:
            json.dump(said, written, indent=1)
            written.flush()
            os.fsync(written.fileno())
        new.replace(file)
    except OSError as error:
        message = f"INFUSION_DATA_DIR: {file} cannot be written: {error.strerror}; see that its disk has room"
        raise SettingError(message) from None
