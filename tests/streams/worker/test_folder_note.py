"""Of whose cluster and topics a data folder is."""

import logging
from pathlib import Path

import pytest

from streams.engine.cluster_facts import ClusterFacts, TopicFacts
from streams.engine.log_faults import ForeignClusterError, PartitionsChangedError, TopicReplacedError
from streams.worker.folder_note import NOTE, compare_note
from streams.worker.settings import SettingError


def cluster(name: str = "C1", topic_id: str = "T1", partitions: int = 4) -> ClusterFacts:
    """Return a cluster with one topic."""
    return ClusterFacts(name, {"in": TopicFacts(topic_id, partitions)})


def test_an_empty_folder_takes_the_cluster_it_is_used_with(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a word, and keeps to it."""
    assert compare_note(tmp_path, cluster()) == cluster()
    assert not caplog.records
    assert compare_note(tmp_path, cluster()) == cluster()


@pytest.mark.parametrize(
    ("now", "kind"),
    [
        (cluster("C2"), ForeignClusterError),
        (cluster(topic_id="T9"), TopicReplacedError),
        (cluster(partitions=6), PartitionsChangedError),
    ],
)
def test_a_folder_of_others_is_refused_and_named(
    tmp_path: Path, now: ClusterFacts, kind: type[Exception]
) -> None:
    """And is left as it is, for the cluster whose it is."""
    compare_note(tmp_path, cluster())
    with pytest.raises(kind, match=r"INFUSION_DATA_DIR: .* is not of these topics"):
        compare_note(tmp_path, now)
    assert compare_note(tmp_path, cluster()) == cluster()


def test_stores_of_a_release_that_wrote_no_note_are_taken_once_with_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody knows of which cluster they are: the one they are started on first."""
    (tmp_path / "v1").mkdir()
    with caplog.at_level(logging.WARNING):
        compare_note(tmp_path, cluster())
        compare_note(tmp_path, cluster())
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith(f"{tmp_path} has stores and no note of their cluster")
    assert said.endswith("taken for those of cluster C1 from now on")
    with pytest.raises(ForeignClusterError):
        compare_note(tmp_path, cluster("C2"))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"cluster": 1}', '{"cluster":"C","topics":{"in":3}}', "\x00"]
)
def test_a_note_that_is_torn_is_told_with_what_to_do(tmp_path: Path, text: str) -> None:
    """A disk that was full, or a hand."""
    (tmp_path / NOTE).write_text(text, encoding="utf-8")
    with pytest.raises(SettingError, match=r"cluster\.json cannot be read: .* delete the folder"):
        compare_note(tmp_path, cluster())


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Its name is taken by a folder."""
    (tmp_path / "cluster.new").mkdir()
    with pytest.raises(SettingError, match=r"cluster\.json cannot be written"):
        compare_note(tmp_path, cluster())
