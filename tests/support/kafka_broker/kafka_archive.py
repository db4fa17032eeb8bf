"""
Kafka's classes as Java lays them out in memory, kept beside the jars: a broker then starts in half the time.

Made once for a version of Java by a broker that starts, does a little and ends. Java passes over an archive it does
not like, so nothing but time hangs on it.
"""

import subprocess
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path

from kafka_jars import jars, java, locked


@cache
def archive(make: Callable[[Path], None]) -> Path | None:
    """
    Return the archive, made now by ``make`` if this is the first time; None where this Java makes none.

    Raises:
        NoKafkaError: no Java, or no jars and no way to fetch them.
    """
    told = subprocess.run([java(), "-version"], capture_output=True, check=True).stderr
    kept = jars() / f"classes-{sha256(told).hexdigest()[:12]}.jsa"
    with locked(kept.with_suffix(".lock")):
        if not kept.exists():
            new = kept.with_suffix(".new")
            make(new)
            new.touch()  # an empty one says: tried, to no avail
            new.rename(kept)
    return kept if kept.stat().st_size else None
