"""The compose file: the Kafka that tests run on, verbs and options there are, workers that share nothing, all watched."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from kafka_jars import version

from streams.cli import main
from streams.kafka.connection import SERVERS, connection
from streams.metrics.bind import BIND, Bind, bind_of
from streams.worker.settings import settings_from

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: one for name, one in SERVICES.items() if "build" in one}
WORKERS = {name: one for name, one in OURS.items() if one["command"][0] == "worker"}
WATCHING = {name: SERVICES[name] for name in ("prometheus", "grafana")}
ONCE = {"topics", "publisher", "charges"}
"""Services that end when they are done."""

DOCKERFILE = (ROOT / "ops" / "Dockerfile").read_text(encoding="utf-8")


def test_kafka_is_the_release_that_tests_run_on() -> None:
    """What a stranger starts is what was tested; ``.ci/kafka/pom.xml`` is where it is raised."""
    images = {one["image"] for name, one in SERVICES.items() if name not in OURS | WATCHING}
    assert images == {f"${{KAFKA_IMAGE:-apache/kafka:{version()}}}"}


def test_the_services_are_those_the_documents_name() -> None:
    """A Kafka, its topics, two workers, a front door, who watches, a publisher, and what prints the charges when asked for."""
    assert set(SERVICES) == {
        "kafka", "topics", "worker-1", "worker-2", "listen", "console", "watch", "deliver", "prometheus", "grafana", "publisher",
        "charges",
    }  # fmt: skip
    assert set(WORKERS) == {"worker-1", "worker-2"}
    assert SERVICES["charges"]["profiles"]


def of_checkout(service: dict[str, Any], word: str) -> str:
    """Return a word of a command with the container's folder put back to the checkout's, where it is a file."""
    inside = f"{service.get('working_dir', '')}/{word}"
    for here, there, *_ in (volume.split(":") for volume in service.get("volumes", ())):
        if here.startswith(".") and inside.startswith(f"{there}/"):
            return str(ROOT / here / inside.removeprefix(f"{there}/"))
    return word


@pytest.mark.parametrize("name", OURS)
def test_every_container_of_ours_runs_a_verb_as_it_is(name: str) -> None:
    """The verb exists and takes these words, as the command itself reads them; a file named is there."""
    verb, *words = OURS[name]["command"]
    context = click.Context(main)
    found = main.get_command(context, verb)
    assert found is not None, f"there is no verb {verb}"
    found.make_context(verb, [of_checkout(OURS[name], word) for word in words], parent=context)


@pytest.mark.parametrize("name", OURS)
def test_every_container_of_ours_is_told_where_kafka_is(name: str) -> None:
    """By the variables the verbs read, at the address Kafka says it has inside."""
    given = OURS[name]["environment"]
    inside = dict(
        one.split("://") for one in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")
    )
    assert connection(given).servers == (inside["INSIDE"],)
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "streams").rglob("*.py"))
    assert {variable for variable in given if f'"{variable}"' not in source} == set()


def test_workers_share_neither_name_nor_folder() -> None:
    """Two workers under one name would each throw the other out; in one folder they would spoil both stores."""
    told = [settings_from(one["environment"]) for one in WORKERS.values()]
    assert [one.worker_id for one in told] == list(WORKERS)
    volumes = [volume.split(":") for one in WORKERS.values() for volume in one["volumes"]]
    assert [place for _, place in volumes] == [str(one.data_dir) for one in told]
    assert len({source for source, _ in volumes}) == len(WORKERS)


def test_nothing_starts_before_what_it_needs() -> None:
    """Topics and watch when Kafka answers; workers and publisher when the topics are there."""
    for name, one in OURS.items():
        needs = (
            {"kafka": "service_healthy"}
            if name in {"topics", "watch"}
            else {"topics": "service_completed_successfully"}
        )
        assert {need: how["condition"] for need, how in one["depends_on"].items()} == needs
    assert SERVICES["kafka"]["healthcheck"]["test"][0] == "CMD"
    assert {need for one in SERVICES.values() for need in one.get("depends_on", ())} <= set(SERVICES)


def test_every_volume_is_declared_and_used() -> None:
    """A misspelt volume would be a new and empty one."""
    used = {volume.split(":")[0] for one in SERVICES.values() for volume in one.get("volumes", ())}
    assert {name for name in used if not name.startswith(".")} == set(COMPOSE["volumes"])
    assert [name for name in used if name.startswith(".") and not (ROOT / name).is_dir()] == []


def test_only_this_machine_reaches_what_is_published() -> None:
    """A Kafka that asks nobody for a password opens its port on loopback alone."""
    ports = [port for one in SERVICES.values() for port in one.get("ports", ())]
    assert ports == [
        "127.0.0.1:9092:9092", "127.0.0.1:2575:2575", "127.0.0.1:8090:8090", "127.0.0.1:9090:9090", "127.0.0.1:3000:3000",
    ]  # fmt: skip


def test_everything_that_stays_has_a_health_check() -> None:
    """Ours by what /readyz says, at the port it was told to show itself at."""
    assert {name for name, one in SERVICES.items() if "healthcheck" not in one} == ONCE
    for name in ("worker-1", "worker-2", "listen", "console", "watch", "deliver"):
        bind = bind_of(SERVICES[name]["environment"][BIND], Bind("", 0))
        assert bind is not None
        assert bind.host == "0.0.0.0"  # noqa: S104 -- within the network of the compose file, where Prometheus is
        (asked,) = re.findall(
            r"http://127\.0\.0\.1:(\d+)/readyz", " ".join(SERVICES[name]["healthcheck"]["test"])
        )
        assert int(asked) == bind.port
        published = [port.rpartition(":")[2] for port in SERVICES[name].get("ports", ())]
        assert str(bind.port) not in published, "figures are for Prometheus alone"


def test_prometheus_looks_at_every_worker_and_at_the_watch() -> None:
    """By the names and ports they have here; it is given the rules, and Grafana the dashboards and Prometheus."""
    told = yaml.safe_load((ROOT / "ops/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    targets = {
        target
        for job in told["scrape_configs"]
        for group in job["static_configs"]
        for target in group["targets"]
    }
    shown = {
        f"{name}:{one['environment'][BIND].rpartition(':')[2]}"
        for name, one in OURS.items()
        if BIND in one["environment"]
    }
    assert targets == shown
    assert told["rule_files"] == ["alerts.yml"]
    provisioning = ROOT / "ops/grafana/provisioning"
    source = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text(encoding="utf-8"))
    assert [one["url"] for one in source["datasources"]] == ["http://prometheus:9090"]
    given = yaml.safe_load((provisioning / "dashboards/infusion.yml").read_text(encoding="utf-8"))
    places = dict(volume.split(":")[1::-1] for volume in SERVICES["grafana"]["volumes"])
    assert [places[one["options"]["path"]] for one in given["providers"]] == ["./ops/grafana"]
    assert {path.stem for path in (ROOT / "ops/grafana").glob("*.json")} == {"money", "flow", "feeds"}


def test_listeners_fit_each_other() -> None:
    """Every listener has its protocol, and every advertised address is one that is listened at."""
    told = SERVICES["kafka"]["environment"]
    listeners = dict(one.split("://") for one in told["KAFKA_LISTENERS"].split(","))
    advertised = dict(one.split("://") for one in told["KAFKA_ADVERTISED_LISTENERS"].split(","))
    protocols = dict(one.split(":") for one in told["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
    assert set(protocols) == set(listeners)
    assert set(advertised) == set(listeners) - {told["KAFKA_CONTROLLER_LISTENER_NAMES"]}
    assert all(address.endswith(listeners[name]) for name, address in advertised.items())
    assert told["KAFKA_CONTROLLER_QUORUM_VOTERS"].endswith(listeners[told["KAFKA_CONTROLLER_LISTENER_NAMES"]])


def test_containers_of_ours_are_nobody_and_own_nothing() -> None:
    """No root, no capabilities, nothing to write but the stores and a temporary folder."""
    for one in OURS.values():
        assert one["read_only"]
        assert one["cap_drop"] == ["ALL"]
        assert one["security_opt"] == ["no-new-privileges:true"]
    user = re.findall(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)
    assert user
    assert all(int(number) > 0 for number in user[-1])


def test_the_image_gets_every_file_it_copies_and_no_others() -> None:
    """What ``.dockerignore`` lets through is what the build copies."""
    sources = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    let_through = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line[:1] == "!"
    }
    assert set(sources) == let_through
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_docker_reads_the_file_as_we_do() -> None:
    """``docker compose config`` is the judge where there is one."""
    asked = ["docker", "compose", "version"]
    if not shutil.which("docker") or subprocess.run(asked, check=False, capture_output=True).returncode:
        pytest.skip("docker compose is not installed; the other tests of this file read the compose file")
    judged = subprocess.run(
        ["docker", "compose", "-f", str(ROOT / "docker-compose.yml"), "config", "--quiet"],  # noqa: S607 -- whichever there is
        check=False,
        capture_output=True,
        text=True,
    )
    assert judged.returncode == 0, judged.stderr


def test_the_variable_that_names_kafka_is_the_one_the_documents_name() -> None:
    """``KAFKA_BOOTSTRAP_SERVERS``: in the compose file, in the tests and in the product the same."""
    assert SERVERS == "KAFKA_BOOTSTRAP_SERVERS"
