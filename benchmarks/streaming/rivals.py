"""The frameworks we are compared with, in an environment of their own outside the checkout; no dependency of ours."""

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

PINS: Final = Path(__file__).resolve().parents[1] / "stream-requirements.txt"
_MADE_WITHIN: Final = 900


class Rivals(NamedTuple):
    """The interpreter of that environment, and where it keeps its packages."""

    python: str
    packages: str


def rivals() -> Rivals:
    """
    Return the environment, made now if this is the first time; another list of versions is another environment.

    Raises:
        subprocess.SubprocessError: pip could not install them.
    """
    caches = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser().absolute()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    name = f"stream-rivals-{version}-{sha256(PINS.read_bytes()).hexdigest()[:12]}"
    folder = caches / "infusion-charges" / name
    python, made = folder / "bin" / "python", folder / "made"
    if not made.exists():
        subprocess.run((sys.executable, "-m", "venv", "--clear", str(folder)), check=True)  # noqa: S603 - our own command
        pip = (str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")
        subprocess.run((*pip, "--requirement", str(PINS)), check=True, timeout=_MADE_WITHIN)  # noqa: S603 - as above
        made.touch()
    return Rivals(str(python), str(folder / "lib" / f"python{version}" / "site-packages"))
