"""
The connection to Kafka for every verb that needs one, and one line when there is none.

The client's own log reports an unreachable broker five times over; it is silenced here, and one error says it once.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

import click
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IncompatibleBrokerVersion,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    RequestTimedOutError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
)

from streams.fetching.records import DamagedBatchError, move_past
from streams.kafka.connection import (
    MECHANISM,
    PROTOCOL,
    SERVERS,
    USERNAME,
    Connection,
    ConnectionSettingError,
    connection,
)
from streams.kafka.publisher import MissingTopicError
from streams.kafka.skipped_records import SkipError, places_to_skip

_REFUSED = (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
)


class _ConnectionLog(logging.Handler):
    """Keeps why a connection failed: the client logs the reason and raises something less exact."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.why = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the reason, if the record is about a connection."""
        if str(record.msg).startswith("Unable connect to") and isinstance(record.args, tuple):
            self.why = f" ({' '.join(str(record.args[-1]).split())})"


def _answered(error: KafkaError) -> str:
    if isinstance(error, IncompatibleBrokerVersion):
        return (
            "does not know this question; the embedded broker of infusion demo tells nothing of groups and settings: "
            "ask an Apache Kafka"
        )
    return f"answers with an error: {type(error).__name__}; look at the brokers' log"


@contextmanager
def broker() -> Iterator[Connection]:
    """
    Give the connection the environment describes, and turn what goes wrong with it into one line and exit status 2.

    Raises:
        click.UsageError: a setting is missing or wrong.
        click.ClickException: Kafka cannot be reached, does not answer, or does not let us in.
    """
    try:
        kafka = connection(os.environ)
        move_past(places_to_skip(os.environ))
    except (ConnectionSettingError, SkipError) as error:
        raise click.UsageError(str(error)) from error
    connection_log = _ConnectionLog()
    log = logging.getLogger("aiokafka")
    log.addHandler(connection_log)
    passed_on, log.propagate = log.propagate, False
    try:
        yield kafka
    except _REFUSED as error:
        kind = type(error).__name__
        message = (
            f"Kafka at {kafka.named()} refuses this user: {kind}; check KAFKA_SASL_* and the user's rights"
        )
        raise click.ClickException(message) from None
    except KafkaConnectionError:
        remedy = f"start it, or check {SERVERS} and {PROTOCOL}"
        if "Authentication" in connection_log.why:
            remedy = f"check {MECHANISM}, {USERNAME} and the password"
        message = f"Kafka at {kafka.named()} cannot be reached{connection_log.why}; {remedy}"
        raise click.ClickException(message) from None
    except (KafkaTimeoutError, RequestTimedOutError, TimeoutError):
        message = f"Kafka at {kafka.named()} does not answer; look at the brokers, then run this again"
        raise click.ClickException(message) from None
    except MessageSizeTooLargeError:
        message = f"Kafka at {kafka.named()} takes no message this large; infusion topics says what to set"
        raise click.ClickException(message) from None
    except MissingTopicError as error:
        raise click.ClickException(str(error)) from None
    except DamagedBatchError as error:
        raise click.ClickException(str(error)) from None
    except KafkaError as error:
        message = f"Kafka at {kafka.named()} {_answered(error)}"
        raise click.ClickException(message) from None
    finally:
        log.removeHandler(connection_log)
        log.propagate = passed_on
