"""The race of the stream on very few stays: a contender that no longer runs, or says other charges, is seen here."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from broker_fixtures import have_kafka

ROOT = Path(__file__).resolve().parents[2]
STAYS = 30

pytestmark = pytest.mark.broker


def test_ours_and_the_bare_loop_say_what_the_file_coder_says() -> None:
    """The bare loop unpacked four of a message's five fields, and nobody saw until a full race was run."""
    have_kafka()
    asked = ("--only", "throughput", "--stays", str(STAYS), "--rounds", "1", "--no-record")
    who = ("ours, rocksdb", "bare aiokafka")
    named = [word for name in who for word in ("--contender", name)]
    command = [sys.executable, str(ROOT / "benchmarks" / "stream_bench.py"), *asked, *named]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    said = dict(re.findall(r"│ ([^│]+?: charge sets[^│]*?) +│ (\d+) +│", done.stdout))
    assert said == {
        f"{name}: charge sets {what}": figure
        for name in who
        for what, figure in (("as infusion code has them", str(STAYS)), ("that differ", "0"))
    }
