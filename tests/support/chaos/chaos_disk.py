"""What is done to a worker's folder while it is down, and the limits under which it is started again."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Final

_DAMAGED: Final = ("MANIFEST-*", "CURRENT", "*.sst", "OPTIONS-*")

LIMITS: Final = {"start with few files": ("-n", 24, 90), "start with a full disk": ("-f", 40, 4_000)}
"""Of the shell's ``ulimit``: the option, the least and the most; files are in blocks of 512 bytes."""

TOLD: Final = (b"delete the folder", b"is not of these topics", b"delete the data folder and start")
"""What a worker says when its own folder is to go."""


def spoil(folder: Path, rng: Random) -> None:
    """Write over one kind of the files of the stores in a folder."""
    kind = rng.choice(_DAMAGED)
    for path in folder.rglob(kind):
        held = bytearray(path.read_bytes())
        first = rng.randrange(len(held) + 1)
        held[first : first + 512] = b"\xff" * len(held[first : first + 512])
        path.write_bytes(held)


def disown(folder: Path) -> None:
    """Make a folder one of another cluster."""
    note = folder / "cluster.json"
    if note.exists():
        said = json.loads(note.read_bytes())
        note.write_text(json.dumps(said | {"cluster": "another-cluster"}), encoding="utf-8")


def put_back(folder: Path) -> None:
    """Give a folder back as it was the last time this was done, and keep it as it is now for the next."""
    kept, now = folder.with_name(f"{folder.name}.kept"), folder.with_name(f"{folder.name}.now")
    if not folder.exists():
        return
    shutil.copytree(folder, now)
    if kept.exists():
        shutil.rmtree(folder)
        kept.rename(folder)
    now.rename(kept)


def limited(kind: str, rng: Random) -> Sequence[str]:
    """Return what stands before a command for it to run under a limit."""
    option, least, most = LIMITS[kind]
    return ("/bin/sh", "-c", f'ulimit {option} {rng.randint(least, most)}; exec "$@"', "sh")
