"""``infusion demo``: the real worker on the embedded broker, beside the file coder."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

DEMO = (sys.executable, "-c", "from streams.cli import main; main()", "demo", "--format", "jsonl")
ROOT = Path(__file__).resolve().parents[2]


def test_the_seeded_day_comes_out_of_the_stream_as_out_of_the_file() -> None:
    """The whole of ``make run``: byte for byte, and the set of each stay on stdout."""
    made = subprocess.run((*DEMO, "seeds/day.jsonl"), capture_output=True, cwd=ROOT, check=False)
    assert made.returncode == 0, made.stderr.decode()
    assert b"The stream and the file say the same." in made.stderr
    coded = subprocess.run(
        (*DEMO[:3], "code", "--quiet", "seeds/day.jsonl"), capture_output=True, cwd=ROOT, check=False
    )
    kept = [line for line in coded.stdout.splitlines() if b'"status":"cancelled"' not in line]
    assert made.stdout.splitlines() == kept


def test_what_cannot_be_used_is_counted(tmp_path: Path) -> None:
    """A file of garbage is no success without a word."""
    (tmp_path / "garbage.jsonl").write_text("garbage\n{}\n")
    made = subprocess.run((*DEMO, str(tmp_path / "garbage.jsonl")), capture_output=True, check=False)
    assert b"2 messages that could not be used; nothing was coded" in made.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_whoever_ends_it_ends_its_worker_too(how: signal.Signals) -> None:
    """And it ends as interrupted."""
    with subprocess.Popen(
        (*DEMO, "seeds/day.jsonl"), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=ROOT
    ) as demo:
        assert demo.stderr is not None
        worker = next(
            int(line.split()[4].strip(b":,")) for line in demo.stderr if b"a worker, process" in line
        )
        demo.send_signal(how)
        demo.stderr.read()
    assert demo.returncode == 130
    for _ in range(100):
        if not alive(worker):
            return
        time.sleep(0.1)
    pytest.fail("the worker outlived the demo")


def alive(process: int) -> bool:
    """Tell whether a process is there, and no corpse waiting to be fetched."""
    stat = Path(f"/proc/{process}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"
