"""What our pure functions import must be in the environment of the frameworks that call them, at the product's versions."""

import re
import subprocess
import sys
from pathlib import Path

from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "benchmarks"

IMPORTED = """
import sys
before = set(sys.modules)
import same_work, terms
import streams.charging.closed_encounter_processor
import streams.lifecycle.event_processor
tops = {name.partition(".")[0] for name in set(sys.modules) - before}
from importlib.metadata import packages_distributions
owners = packages_distributions()
print(*{owner for top in tops for owner in owners.get(top, ())}, sep="\\n")
"""


def pins(path: Path) -> dict[str, str]:
    """Return the versions that a list of requirements names, by package."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


def test_the_frameworks_run_our_functions_on_the_packages_the_product_is_locked_to() -> None:
    """Their environment is installed without dependencies, so a package left out fails as late as in the race."""
    places = [str(ROOT), str(BENCHMARKS / "streaming")]
    asked = [sys.executable, "-c", f"import sys; sys.path[:0] = {places}{IMPORTED}"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    imported = {canonicalize_name(name) for name in said.split()} - {"infusion-charges"}
    assert imported >= {"orjson", "pydantic", "pydantic-core"}
    locked, listed = pins(ROOT / ".ci" / "requirements.txt"), pins(BENCHMARKS / "stream-requirements.txt")
    assert {name: listed.get(name) for name in imported} == {name: locked[name] for name in imported}
