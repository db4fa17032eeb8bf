"""The probes over HTTP, and where they listen."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from scraped import alive, readiness, scraped

from streams.metrics.bind import Bind, BindError, bind_of
from streams.metrics.figures import Figures
from streams.metrics.page import page_of
from streams.metrics.probes import Answers, Probes, Verdict, listening

DEFAULT = Bind("127.0.0.1", 6066)
Serve = Callable[[Answers], int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Give what serves answers on a free port until the test ends, and returns the port."""
    running: list[Probes] = []

    def start(answers: Answers) -> int:
        taken = listening(Bind("127.0.0.1", 0))
        probes = Probes(answers, taken)
        running.append(probes)
        probes.start()
        port: int = taken.getsockname()[1]
        return port

    yield start
    for probes in running:
        probes.close()
        assert not probes.is_alive()


def answers(verdict: Verdict, dead: str | None = None) -> Answers:
    """Return what a process like this has to say."""
    return Answers(page_of(Figures("worker")), lambda: verdict, lambda: dead)


def test_a_ready_process_says_so(serve: Serve) -> None:
    """And an idle one is ready."""
    port = serve(answers(Verdict("ready", "reading 12 partitions")))
    assert readiness(port) == (200, "ready", "reading 12 partitions")
    assert alive(port)
    assert "infusion_events_total" in scraped(port).names
    assert readiness(serve(answers(Verdict("idle", "none are left")))).status == 200


def test_one_that_is_not_says_why(serve: Serve) -> None:
    """A dead one too."""
    port = serve(
        answers(Verdict("recovering", "its tables are being restored"), dead="the loop has not turned")
    )
    assert readiness(port) == (503, "recovering", "its tables are being restored")
    assert not alive(port)


def test_what_runs_beside_the_server_ends_with_it() -> None:
    """Whoever asks Kafka for figures closes its connection."""
    said: list[str] = []

    async def beside() -> None:
        try:
            said.append("begun")
            await asyncio.Event().wait()
        finally:
            said.append("ended")

    probes = Probes(answers(Verdict("ready", ""))._replace(background=beside), None)
    probes.start()
    while not said:
        pass
    probes.close()
    assert said == ["begun", "ended"]


def test_what_runs_beside_the_server_holds_no_answer_up(serve: Serve) -> None:
    """It sums up thousands of stays on a thread of its own, and a scrape is answered meanwhile."""
    answered, summing = threading.Event(), threading.Event()

    async def beside() -> None:
        summing.set()
        answered.wait(30)

    port = serve(answers(Verdict("ready", ""))._replace(background=beside))
    assert summing.wait(30)
    assert "infusion_events_total" in scraped(port).names
    assert not answered.is_set()
    answered.set()


def test_a_port_somebody_has_is_told_in_words() -> None:
    """No process picks another by itself: nobody would find it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(
            BindError, match=rf"^INFUSION_METRICS_BIND: 127\.0\.0\.1:{port}: .* in use; give each"
        ):
            listening(Bind("127.0.0.1", port))


def test_an_address_this_machine_does_not_have_is_told_in_words() -> None:
    """It is in the variable, not in a traceback."""
    with pytest.raises(BindError, match=r"^INFUSION_METRICS_BIND: no such name:1: "):
        listening(Bind("no such name", 1))


@pytest.mark.parametrize(
    ("text", "bind"),
    [
        ("", DEFAULT), (" ", DEFAULT), ("off", None), ("0", None), ("9102", Bind("127.0.0.1", 9102)),
        ("worker:9102", Bind("worker", 9102)), ("[::1]:9102", Bind("::1", 9102)),
    ],
)  # fmt: skip
def test_an_address_is_a_host_and_a_port_or_a_port_of_loopback(text: str, bind: Bind | None) -> None:
    """And ``off`` is nowhere."""
    assert bind_of(text, DEFAULT) == bind


@pytest.mark.parametrize(
    "text", ["here", "host:", ":6066", "host:0", "host:65536", "::1:6066", "http://host:80"]
)
def test_any_other_text_is_refused_with_an_example(text: str) -> None:
    """One line that names the variable."""
    with pytest.raises(
        BindError, match=r"^INFUSION_METRICS_BIND: write HOST:PORT, for example 127\.0\.0\.1:6066"
    ):
        bind_of(text, DEFAULT)
