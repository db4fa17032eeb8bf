"""The benchmarks are scripts beside the packages: last on the path, so that none of their names hides another."""

import sys
from pathlib import Path

_BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path += [str(_BENCHMARKS), str(_BENCHMARKS / "streaming")]
