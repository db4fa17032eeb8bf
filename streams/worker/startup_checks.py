"""The check before a worker starts: its data folder is its own. A failure is a sentence, not a traceback."""

import os
from errno import EDQUOT, ENOSPC
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Final

from streams.worker.settings import SettingError

_PRIVATE: Final = 0o077
_LOCK: Final = "worker.lock"


def _remedy(error: OSError) -> str:
    if error.errno in {ENOSPC, EDQUOT}:
        return "make room on its disk, and start again"
    return "name a folder this user may write to"


def lock_data_dir(folder: Path) -> int:
    """
    Make the data folder, keep every other worker out of it until this process ends, and return the lock's descriptor.

    Only this user may read what lies in it from now on: stores hold events of patients.

    Raises:
        SettingError: another worker has it, or it cannot be written.
    """
    os.umask(_PRIVATE)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        message = f"INFUSION_DATA_DIR: {folder} cannot be written: {error.strerror}; {_remedy(error)}"
        raise SettingError(message) from None
    try:
        flock(descriptor, LOCK_EX | LOCK_NB)
    except OSError:
        os.close(descriptor)
        message = f"INFUSION_DATA_DIR: another worker has {folder}; give each worker a folder and an INFUSION_WORKER_ID of its own"
        raise SettingError(message) from None
    return descriptor
