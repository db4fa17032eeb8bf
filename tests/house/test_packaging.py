"""The package: three generic top-level names that must be ours alone, and a wheel that needs nothing beside it."""

import re
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from tomllib import loads

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
OURS = "infusion-charges"
PACKAGES = ("models", "rules", "streams")
PROJECT = loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

EVENTS = (
    b'{"type":"infusion_started","event_id":"1","encounter_id":"E1","occurred_at":"2026-03-02T08:00:00-05:00",'
    b'"administration_id":"A1","drug":{"name":"ceftriaxone"},"route":"IV"}\n'
    b'{"type":"infusion_stopped","event_id":"2","encounter_id":"E1","occurred_at":"2026-03-02T09:31:00-05:00",'
    b'"administration_id":"A1"}\n'
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the wheel and the source archive, freshly built."""
    folder = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-t", "sdist", "-d", str(folder)]
    made = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert made.returncode == 0, (
        f"{made.stdout}{made.stderr}\nmake test installs hatchling; pip check tells more"
    )
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    """Return the wheel, open."""
    return zipfile.ZipFile(next(built.glob("*.whl")))


@pytest.mark.parametrize("name", PACKAGES)
def test_nobody_else_installs_a_package_under_our_name(name: str) -> None:
    """
    ``models``, ``rules`` and ``streams`` are names anyone may ship, and pip merges two owners without a word.

    Django's ``rules`` in the same environment would replace our ``rules/__init__.py``. Take it out, or give
    the other program an environment of its own: this one is an application's.
    """
    assert set(packages_distributions().get(name, [])) <= {OURS}


def test_the_installed_release_is_the_one_in_the_tree() -> None:
    """An environment made for another release codes with other rules than its ``--version`` says."""
    try:
        installed = version(OURS)
    except PackageNotFoundError:
        pytest.fail(f"{OURS} is not installed here: run make test, or pip install -e '.[dev]'")
    assert installed == PROJECT["version"]


def test_every_requirement_is_pinned_to_one_version_it_allows() -> None:
    """A fresh machine gets the versions this release was tested with; ``.ci/constraints.txt`` has all of them."""
    text = (ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8")
    pins = dict(line.split("==") for line in text.splitlines() if not line.startswith("#"))
    pinned = {canonicalize_name(name): wanted for name, wanted in pins.items()}
    asked = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    for one in map(Requirement, asked):
        assert pinned.get(canonicalize_name(one.name), "") in one.specifier, one


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_every_pin_is_locked_to_the_hashes_of_its_files(lock: str) -> None:
    """Pip takes no other file than those; ``make lock`` writes them anew after a change."""
    text = (ROOT / ".ci" / lock).read_text(encoding="utf-8")
    entries = [entry for entry in text.replace("\\\n", " ").splitlines() if not entry.startswith("#")]
    assert all(re.search(r" --hash=sha256:[0-9a-f]{64}\b", entry) for entry in entries)
    locked = {
        canonicalize_name(name): version
        for name, version in (entry.split()[0].split("==") for entry in entries)
    }
    pins = (ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {
        canonicalize_name(name): version
        for name, version in (line.split("==") for line in pins if not line.startswith("#"))
    }
    assert {name: version for name, version in locked.items() if pinned.get(name, version) != version} == {}
    asked = PROJECT["dependencies"] + (PROJECT["optional-dependencies"]["dev"] if "dev" in lock else [])
    missing = {one.name for one in map(Requirement, asked) if canonicalize_name(one.name) not in locked}
    assert missing == set(), "run make lock"
    assert {"pip", "hatchling", "editables"} <= locked.keys()


def test_the_project_can_not_be_uploaded_by_mistake() -> None:
    """The classifier makes PyPI refuse it: three generic names have no business in other environments."""
    assert "Private :: Do Not Upload" in PROJECT["classifiers"]


def test_the_wheel_installs_our_three_packages_and_nothing_more(wheel: zipfile.ZipFile) -> None:
    """No test, no seed and no cache lands beside the packages of whoever installs it."""
    top = {name.split("/")[0] for name in wheel.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == set(PACKAGES)


def test_the_wheel_carries_every_parameter_policy_and_source(wheel: zipfile.ZipFile) -> None:
    """What stands beside the modules goes with them: rules without their numbers refuse every date."""
    held = set(wheel.namelist())
    stand = {
        file.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert stand - held == set()


def test_the_unpacked_wheel_codes_as_the_tree_does(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """Away from the checkout the wheel's own modules and parameters give the same charge set."""
    wheel.extractall(tmp_path)  # noqa: S202 -- our own, built above
    start = "import sys; sys.path.insert(0, {!r}); from streams.cli import main; main()"
    told = [
        subprocess.run(
            [sys.executable, "-I", "-c", start.format(str(root)), "code"],
            input=EVENTS,
            cwd=tmp_path,
            check=True,
            capture_output=True,
        ).stdout
        for root in (tmp_path, ROOT)
    ]
    assert b'"code":"96365"' in told[0]
    assert told[0] == told[1]


def test_the_source_archive_holds_no_cache(built: Path) -> None:
    """Whoever builds from source gets what a reviewer saw, not what a tool left behind."""
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        second = {name.split("/")[1] for name in archive.getnames() if "/" in name}
    assert {name for name in second if name.startswith(".")} <= {".ci", ".dockerignore", ".gitignore"}
    assert {*PACKAGES, "tests", "seeds", "Makefile", "README.md", "CHANGELOG.md", "LICENSE"} <= second


def test_no_package_under_tests_shadows_ours() -> None:
    """A stray ``tests/rules/__init__.py`` would be imported in place of ``rules``."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []
