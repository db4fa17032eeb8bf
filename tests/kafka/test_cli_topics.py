"""``infusion topics`` on the embedded broker: the list, what is missing or different, and no Kafka at all."""

from collections.abc import Callable

from click.testing import Result

from streams.kafka.embedded import EmbeddedBroker
from streams.wire.topics import CHARGES, EVENTS, TOPICS

Run = Callable[..., Result]


def test_topics_as_they_should_be_are_listed_and_nothing_is_said(
    embedded: EmbeddedBroker, infusion: Run
) -> None:
    """A table on stdout, silence on stderr."""
    result = infusion(embedded.bootstrap_servers, "topics")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["TOPIC", "EXPECTED", "PARTITIONS", "CLEANUP", "STATE"]
    assert [line.split()[0] for line in lines[1:]] == [one.name for one in TOPICS]
    assert lines[3] == "infusion.events.v1                              4           4  not told  ok"


def test_a_wanted_count_is_held_against_what_is_there(embedded: EmbeddedBroker, infusion: Run) -> None:
    """Whoever asks for twelve is told that there are four, and why that stays."""
    result = infusion(embedded.bootstrap_servers, "topics", "--partitions", "12")
    assert result.exit_code == 1
    assert (
        "infusion.events.v1 has 4 partitions, not 12. Counts must match and can never change" in result.stderr
    )


def test_asking_creates_no_topic(infusion: Run) -> None:
    """Brokers that create topics on sight would give them one partition and a week."""
    with EmbeddedBroker() as broker:
        for _ in range(2):
            result = infusion(broker.bootstrap_servers, "topics")
            assert result.exit_code == 1
            assert result.stdout.count("missing") == len(TOPICS)
            assert result.stderr == "Create what is missing with: infusion topics --create\n"


def test_another_count_among_ours_is_refused_before_anything_is_created(infusion: Run) -> None:
    """Half a set of topics would be worse than none."""
    with EmbeddedBroker() as broker:
        broker.create_topics({EVENTS: 4, CHARGES: 3})
        result = infusion(broker.bootstrap_servers, "topics", "--create")
    assert result.exit_code == 1
    assert "infusion.charges.v1 has 3 partitions, not 4. " in result.stderr
    assert result.stderr.endswith("Nothing was created: partitions must be set right first.\n")


def test_the_embedded_broker_says_that_it_creates_nothing(infusion: Run) -> None:
    """Kafka's administration is not in it."""
    with EmbeddedBroker() as broker:
        result = infusion(broker.bootstrap_servers, "topics", "--create")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: this broker creates no topics on request: it is an embedded one")
    assert result.stderr.count("\n") == 1


def test_creating_what_is_there_does_nothing(embedded: EmbeddedBroker, infusion: Run) -> None:
    """It can stand at the start of every deployment."""
    assert infusion(embedded.bootstrap_servers, "topics", "--create").exit_code == 0


def test_no_kafka_is_one_line(nowhere: str, infusion: Run) -> None:
    """Where, why and what to do; exit status 2."""
    result = infusion(nowhere, "topics")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"Error: Kafka at {nowhere} cannot be reached (")
    assert result.stderr.endswith("start it, or check KAFKA_BOOTSTRAP_SERVERS and KAFKA_SECURITY_PROTOCOL\n")
    assert result.stderr.count("\n") == 1


def test_a_missing_setting_is_wrong_usage(infusion: Run) -> None:
    """There is no default broker to fall upon."""
    result = infusion(None, "topics")
    assert result.exit_code == 2
    assert "KAFKA_BOOTSTRAP_SERVERS is not set" in result.stderr
