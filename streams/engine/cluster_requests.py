"""
Two questions aiokafka does not ask: which topics a cluster has, by their ids, and where an epoch of a leader ended.

The first is Kafka's Metadata of version 10 (KIP-516), the second OffsetForLeaderEpoch (KIP-320). A broker too old for
the first tells everything but ids and epochs; one too old for the second is not asked.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any, ClassVar, Final
from uuid import UUID

from aiokafka.errors import IncompatibleBrokerVersion, StaleMetadata
from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.metadata import MetadataRequest_v5
from aiokafka.protocol.types import (
    Array,
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    String,
    TaggedFields,
)
from aiokafka.structs import TopicPartition

from streams.engine.cluster_facts import ClusterFacts, TopicFacts

_NO_SUCH_TOPIC: Final = 3
_NO_EPOCH: Final = -1
_NO_ID: Final = UUID(int=0)


class _Id(AbstractType[UUID]):  # type: ignore[misc]  # aiokafka has no marker of types
    @classmethod
    def encode(cls, value: UUID) -> bytes:
        return value.bytes

    @classmethod
    def decode(cls, data: BytesIO) -> UUID:
        return UUID(bytes=data.read(16))


class _MetadataAnswer(Response):  # type: ignore[misc]  # aiokafka has no marker of types
    API_KEY = 3
    API_VERSION = 10
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString("utf-8")),
                ("port", Int32),
                ("rack", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("topic", CompactString("utf-8")),
                ("topic_id", _Id),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline_replicas", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("authorized_operations", Int32),
        ("tags", TaggedFields),
    )


class _MetadataQuestion(RequestStruct):  # type: ignore[misc]  # aiokafka has no marker of types
    FLEXIBLE_VERSION: ClassVar[bool] = True
    API_KEY = 3
    API_VERSION = 10
    RESPONSE_TYPE = _MetadataAnswer
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(("topic_id", _Id), ("topic", CompactString("utf-8")), ("tags", TaggedFields)),
        ),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class _Metadata(Request[MetadataRequest_v5 | _MetadataQuestion]):  # type: ignore[misc]  # aiokafka has no marker of types
    API_KEY = 3

    def __init__(self, topics: Iterable[str]) -> None:
        self._topics: list[str] = [*topics]

    def build(self, request_struct_class: Any) -> Any:
        if request_struct_class is _MetadataQuestion:
            asked: list[Any] = [(_NO_ID, name, {}) for name in self._topics]
            return _MetadataQuestion(asked, False, False, False, {})  # noqa: FBT003 - Kafka's fields, in their order
        return MetadataRequest_v5(self._topics, False)  # noqa: FBT003 - as above


class _EpochAnswer(Response):  # type: ignore[misc]  # aiokafka has no marker of types
    API_KEY = 23
    API_VERSION = 3
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "topics",
            Array(
                ("topic", String("utf-8")),
                (
                    "partitions",
                    Array(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader_epoch", Int32),
                        ("end_offset", Int64),
                    ),
                ),
            ),
        ),
    )


class _EpochQuestion(RequestStruct):  # type: ignore[misc]  # aiokafka has no marker of types
    API_KEY = 23
    API_VERSION = 3
    RESPONSE_TYPE = _EpochAnswer
    SCHEMA = Schema(
        ("replica_id", Int32),
        (
            "topics",
            Array(
                ("topic", String("utf-8")),
                (
                    "partitions",
                    Array(("partition", Int32), ("current_leader_epoch", Int32), ("leader_epoch", Int32)),
                ),
            ),
        ),
    )


class _Epochs(Request[_EpochQuestion]):  # type: ignore[misc]  # aiokafka has no marker of types
    API_KEY = 23

    def __init__(self, topics: list[tuple[str, list[tuple[int, int, int]]]]) -> None:
        self._topics = topics

    def build(self, request_struct_class: Any) -> Any:
        return request_struct_class(_NO_EPOCH, self._topics)  # of no replica, which is -1 too


async def ask_cluster(client: Any, topics: Iterable[str]) -> ClusterFacts:
    """
    Return what a cluster says of these topics; ``client`` is aiokafka's, connected. Asking creates none.

    A topic whose metadata is in doubt (a broker that just started, no right to see it) is told with no partitions.

    Raises:
        aiokafka.errors.KafkaError: there is no answer.
    """
    node = client.get_random_node()
    if node is None:
        raise StaleMetadata
    answer = await client.send(node, _Metadata(topics))
    with_ids = answer.API_VERSION == _MetadataAnswer.API_VERSION
    found: dict[str, TopicFacts] = {}
    for code, name, *rest in answer.topics:
        if code == _NO_SUCH_TOPIC:
            continue
        identity = rest[0] if with_ids else _NO_ID
        partitions = rest[2] if with_ids else rest[1]
        found[name] = TopicFacts(
            None if identity == _NO_ID else _as_kafka_writes(identity), 0 if code else len(partitions)
        )
    return ClusterFacts(answer.cluster_id, found)


def _as_kafka_writes(identity: UUID) -> str:
    return urlsafe_b64encode(identity.bytes).decode().rstrip("=")


async def epoch_ends(client: Any, epochs: Mapping[tuple[str, int], int]) -> dict[tuple[str, int], int]:
    """
    Return the offset at which each partition's epoch of a leader ended, as its leader has the log now.

    Of the newest epoch that is the end of the log. -1 is for an epoch the broker knows nothing of. Partitions whose
    leader did not answer are left out, to be asked about again.

    Raises:
        aiokafka.errors.KafkaError: there is no answer.
    """
    by_leader: dict[int, dict[str, list[tuple[int, int, int]]]] = {}
    for (topic, partition), epoch in epochs.items():
        leader = client.cluster.leader_for_partition(TopicPartition(topic, partition))
        if leader is not None and leader >= 0:
            by_leader.setdefault(leader, {}).setdefault(topic, []).append((partition, _NO_EPOCH, epoch))
    ends: dict[tuple[str, int], int] = {}
    for leader, topics in by_leader.items():
        try:
            answer = await client.send(leader, _Epochs([*topics.items()]))
        except (
            IncompatibleBrokerVersion,
            NotImplementedError,
        ):  # older than any that still runs: it is not asked
            ends |= {(topic, partition): -1 for topic, asked in topics.items() for partition, *_ in asked}
            continue
        ends |= {
            (topic, partition): end
            for topic, partitions in answer.topics
            for code, partition, _, end in partitions
            if not code
        }
    if ends.keys() != epochs.keys():
        client.force_metadata_update()
    return ends
