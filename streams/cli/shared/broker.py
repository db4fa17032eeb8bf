"""
What every verb that talks to Kafka begins with: the connection, and one line when there is none.

The client's own log would tell of an unreachable broker five times over; here it is silent, and the error speaks.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

import click
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    RequestTimedOutError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
)

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

_REFUSED = (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
)


class _Heard(logging.Handler):
    """Keeps why a connection failed: the client tells its log, and raises something less exact."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.why = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the reason, if the record is about a connection."""
        if str(record.msg).startswith("Unable connect to") and isinstance(record.args, tuple):
            self.why = f" ({' '.join(str(record.args[-1]).split())})"


@contextmanager
def broker() -> Iterator[Connection]:
    """
    Give the connection the environment describes, and turn what goes wrong with it into one line and exit status 2.

    Raises:
        click.UsageError: a setting is missing or wrong.
        click.ClickException: Kafka cannot be reached, does not answer, or does not let us in.
    """
    try:
        found = connection(os.environ)
    except ConnectionSettingError as error:
        raise click.UsageError(str(error)) from error
    heard = _Heard()
    log = logging.getLogger("aiokafka")
    log.addHandler(heard)
    passed_on, log.propagate = log.propagate, False
    try:
        yield found
    except _REFUSED as error:
        kind = type(error).__name__
        message = (
            f"Kafka at {found.named()} refuses this user: {kind}; check KAFKA_SASL_* and the user's rights"
        )
        raise click.ClickException(message) from None
    except KafkaConnectionError:
        remedy = f"start it, or check {SERVERS} and {PROTOCOL}"
        if "Authentication" in heard.why:
            remedy = f"check {MECHANISM}, {USERNAME} and the password"
        message = f"Kafka at {found.named()} cannot be reached{heard.why}; {remedy}"
        raise click.ClickException(message) from None
    except (KafkaTimeoutError, RequestTimedOutError, TimeoutError):
        message = f"Kafka at {found.named()} does not answer; look at the brokers, then run this again"
        raise click.ClickException(message) from None
    except MessageSizeTooLargeError:
        message = f"Kafka at {found.named()} takes no message this large; infusion topics says what to set"
        raise click.ClickException(message) from None
    except MissingTopicError as error:
        raise click.ClickException(str(error)) from None
    except KafkaError as error:
        kind = type(error).__name__
        message = f"Kafka at {found.named()} answers with an error: {kind}; look at the brokers' log"
        raise click.ClickException(message) from None
    finally:
        log.removeHandler(heard)
        log.propagate = passed_on
