"""
The jars of a real Apache Kafka: fetched once by Maven, kept outside the checkout.

``.ci/kafka/pom.xml`` says which version. About 45 MB, ten seconds on a good line.
"""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

POM = Path(__file__).resolve().parents[3] / ".ci" / "kafka" / "pom.xml"
LOGGING = POM.with_name("log4j2.properties")

OLDEST_JAVA = 17
"""Kafka 4's brokers refuse an older one."""

LONGEST_FETCH = 600
"""Seconds; a line slower than that had better fill the cache by hand."""


class NoKafkaError(Exception):
    """Apache Kafka cannot be had on this machine; the text says why, and what would help."""


def version() -> str:
    """Return the version of Apache Kafka that tests run on."""
    place = {"m": "http://maven.apache.org/POM/4.0.0"}
    for one in ET.parse(POM).iterfind(".//m:dependency", place):  # noqa: S314 -- our own file
        if one.findtext("m:artifactId", namespaces=place) == "kafka_2.13":
            return one.findtext("m:version", "", namespaces=place)
    message = f"{POM.name} names no kafka_2.13"
    raise NoKafkaError(message)


@cache
def java() -> str:
    """
    Return the Java to run Kafka with: that of ``JAVA_HOME``, or the first on the path.

    Raises:
        NoKafkaError: there is none, or it is too old.
    """
    found = _beside_java_home("java") or shutil.which("java")
    if not found:
        message = f"there is no java; install a JDK {OLDEST_JAVA} or newer, or set JAVA_HOME"
        raise NoKafkaError(message)
    told = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    number = re.search(r'version "(\d+)', told)
    if not number or int(number[1]) < OLDEST_JAVA:
        message = f"{found} is not Java {OLDEST_JAVA} or newer; install one, or set JAVA_HOME"
        raise NoKafkaError(message)
    return found


def keytool() -> str:
    """
    Return the program that makes certificates; a JDK and a JRE both have it.

    Raises:
        NoKafkaError: there is none.
    """
    beside = Path(java()).resolve().with_name("keytool")
    found = str(beside) if beside.exists() else shutil.which("keytool")
    if not found:
        message = "there is no keytool beside java; install a JDK"
        raise NoKafkaError(message)
    return found


@cache
def jars() -> Path:
    """
    Return the folder with the jars, fetched now if this is the first time.

    Several processes may ask at once: one fetches, the others wait for it.

    Raises:
        NoKafkaError: Java or Maven is missing, or Maven could not fetch them.
    """
    java()
    kept = cached()
    kept.parent.mkdir(parents=True, exist_ok=True)
    with locked(kept.with_name(f"{kept.name}.lock")):
        if not _complete(kept):
            _fetch(kept)
    return kept


def cached() -> Path:
    """Return where the jars are kept, or will be; ``INFUSION_KAFKA_CACHE`` names another folder."""
    if named := os.environ.get("INFUSION_KAFKA_CACHE"):
        return Path(named).expanduser().absolute()
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(caches).expanduser().absolute() / "infusion-charges" / f"kafka-{version()}"


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold a lock that ends with the process, however it ends."""
    with file.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _beside_java_home(name: str) -> str | None:
    home = os.environ.get("JAVA_HOME")
    return shutil.which(name, path=Path(home) / "bin") if home else None


def _complete(kept: Path) -> bool:
    """Tell whether a folder holds what today's ``pom.xml`` asks for: its copy of the file says what was fetched."""
    copy = kept / POM.name
    return copy.exists() and copy.read_bytes() == POM.read_bytes()


def _fetch(kept: Path) -> None:
    maven = shutil.which("mvn")
    if not maven:
        message = f"Apache Kafka's jars are not in {kept} and there is no mvn to fetch them; install Maven"
        raise NoKafkaError(message)
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix="fetching-") as folder:
        new = Path(folder) / "jars"
        new.mkdir()
        shutil.copy(POM, new)
        # -C: a jar whose checksum differs is an error, not a warning.
        command = [maven, "-B", "-q", "-C", "dependency:copy-dependencies", f"-DoutputDirectory={new}"]
        try:
            made = subprocess.run(
                command, cwd=new, capture_output=True, text=True, check=False, timeout=LONGEST_FETCH
            )
        except subprocess.TimeoutExpired:
            message = (
                f"Maven did not fetch Apache Kafka {version()} within {LONGEST_FETCH} seconds; run make kafka"
            )
            raise NoKafkaError(message) from None
        if made.returncode or not any(new.glob("kafka_2.13-*.jar")):
            message = f"Maven could not fetch Apache Kafka {version()}: {_first_error(made.stdout)}"
            raise NoKafkaError(message)
        shutil.rmtree(kept, ignore_errors=True)
        new.rename(kept)


def _first_error(told: str) -> str:
    lines = (re.sub(r"\x1b\[[\d;]*m", "", line).removeprefix("[ERROR] ") for line in told.splitlines())
    return next(filter(str.strip, lines), "it does not say why")
