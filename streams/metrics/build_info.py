"""Which release a process is, for its page."""

from importlib.metadata import PackageNotFoundError, version

from rules.version import RULEBOOK_VERSION
from streams.metrics.figures import Figures


def tell_build(figures: Figures) -> None:
    """Set the figure whose labels name the release and its rulebook."""
    figures.set("infusion_build_info", 1, _release(), RULEBOOK_VERSION)


def _release() -> str:
    try:
        return version("infusion-charges")
    except PackageNotFoundError:  # run from a checkout
        return "unknown"
