"""Where a fault of ours happened, without a word of the input. Pure."""

import traceback
from pathlib import Path


def fault(error: BaseException) -> str:
    """Return an exception's type and place, never its text: that could repeat the input."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
