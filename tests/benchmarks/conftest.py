"""The benchmarks are scripts beside the packages: last on the path, so that none of their names hides another."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))
