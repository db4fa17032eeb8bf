"""Who is in a consumer group now, and who the brokers are."""

from typing import Any, Final, NamedTuple

from aiokafka.errors import for_code

from streams.kafka.group_coordinator import GroupClient

_MEMBER_WITHOUT_A_NAME: Final = "a member without a static id"


class Group(NamedTuple):
    """A consumer group as its coordinator tells it."""

    state: str
    """Kafka's word: Stable, PreparingRebalance, CompletingRebalance, Empty or Dead."""
    members: tuple[str, ...]
    """The static ids of its members, sorted."""


class Cluster(NamedTuple):
    """The brokers that answer, and one group."""

    cluster_id: str | None
    brokers: int
    group: Group


async def cluster_of(client: GroupClient, group: str) -> Cluster:
    """
    Return the brokers that are up and the members of a group; a group nobody ever joined is Dead.

    Raises:
        aiokafka.errors.KafkaError: Kafka cannot be reached or does not answer.
        TimeoutError: it takes longer than the client waits.
    """

    async def question(admin: Any, coordinator: int) -> Cluster:
        about = await admin.describe_cluster()
        (answer,) = await admin.describe_consumer_groups([group], coordinator)
        (error, _, state, _, _, members, *_), *_ = answer.groups
        if error:
            raise for_code(error)
        names = tuple(sorted(_static_id(member[0], group) for member in members))
        return Cluster(about.get("cluster_id"), len(about["brokers"]), Group(state, names))

    return await client.ask(group, question)


def _static_id(member_id: str, group: str) -> str:
    """Return the name a member was configured with: a coordinator makes its id of that and a random tail."""
    name, dash, tail = member_id.rpartition("-")
    for _ in range(4):  # the tail is a UUID, of five parts
        name, dash, tail = name.rpartition("-")
    del tail
    return name if dash and name and name != group else _MEMBER_WITHOUT_A_NAME
