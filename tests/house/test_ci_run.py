"""``.ci/run``: Prometheus is had or told loudly to be missing; a mirror that is away does not cost the run."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from prometheus_program import REQUIRED, program

RUN = Path(__file__).resolve().parents[2] / ".ci/run"
TOOLS = ("bash", "env", "dirname", "timeout", "cat", "rm", "touch", "chmod")
LOUD = "NO PROMETHEUS"
INSTALLS = 'touch "$HERE/prometheus" "$HERE/promtool"; chmod +x "$HERE/prometheus" "$HERE/promtool"'


def ran(folder: Path, stubs: Mapping[str, str], user: int = 0) -> tuple[int, str, str]:
    """Run it with nothing on the path but these programs; return its status, what make was given, and stderr."""
    stubs = {"make": f'echo "required=${{{REQUIRED}:-no}}"', "id": f"echo {user}", **stubs}
    for name, text in stubs.items():
        (folder / name).write_text(f"#!/bin/bash\nHERE={folder}\n{text}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    for name in TOOLS:
        (folder / name).symlink_to(str(shutil.which(name)))
    done = subprocess.run(
        [str(folder / "bash"), str(RUN)],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.splitlines()[-1], done.stderr


THERE = {"prometheus": "true", "promtool": "true"}
ON_THE_SECOND_TRY = f"""case "$*" in *update*) exit 0;; esac
[ -e "$HERE/tried" ] || {{ touch "$HERE/tried"; exit 100; }}
{INSTALLS}"""


@pytest.mark.parametrize(
    ("stubs", "user", "required", "loud"),
    [
        (THERE, 1000, "1", False),
        ({"apt-get": ON_THE_SECOND_TRY}, 0, "1", False),
        ({"apt-get": ON_THE_SECOND_TRY, "sudo": 'shift; "$@"'}, 1000, "1", False),
        ({"apt-get": 'case "$*" in *update*) exit 0;; esac; exit 100'}, 0, "1", False),
        ({"apt-get": "exit 100"}, 0, "no", True),
        ({"apt-get": INSTALLS, "sudo": "exit 1"}, 1000, "no", True),
        ({}, 0, "no", True),
        ({"prometheus": "true", "apt-get": "exit 100"}, 0, "no", True),
    ],
    ids=["there", "second try", "by sudo", "mirror answers and it fails", "no mirror", "may not", "no apt", "half of it"],
)  # fmt: skip
def test_prometheus_is_required_wherever_it_can_be_had(
    stubs: Mapping[str, str], user: int, required: str, loud: bool, tmp_path: Path  # noqa: FBT001 - a parameter of the test
) -> None:  # fmt: skip
    """Found or installed, its tests must run; where no package can be had, that is said at the end too."""
    status, said, errors = ran(tmp_path, stubs, user)
    assert (status, said) == (0, f"required={required}")
    assert errors.count(LOUD) == (2 if loud else 0), errors


def test_a_run_that_fails_without_a_mirror_keeps_its_status(tmp_path: Path) -> None:
    """The last words do not hide it."""
    status, _, errors = ran(tmp_path, {"make": "echo failed; exit 2"})
    assert (status, errors.splitlines()[-1].count(LOUD)) == (2, 1)


def test_a_program_that_is_missing_is_skipped_or_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what the variable says."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv(REQUIRED, raising=False)
    with pytest.raises(pytest.skip.Exception, match="nothing was tried"):
        program("promtool", "nothing was tried")
    monkeypatch.setenv(REQUIRED, "1")
    with pytest.raises(pytest.fail.Exception, match=REQUIRED):
        program("promtool", "nothing was tried")
