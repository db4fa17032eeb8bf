"""Checks before a worker starts: its data folder and its port are its own. A failure is a sentence, not a traceback."""

import os
import socket
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Final

from streams.worker.settings import SettingError

_PRIVATE: Final = 0o077
_LOCK: Final = "worker.lock"


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
        message = f"INFUSION_DATA_DIR: {folder} cannot be written: {error.strerror}; name a folder this user may write to"
        raise SettingError(message) from None
    try:
        flock(descriptor, LOCK_EX | LOCK_NB)
    except OSError:
        os.close(descriptor)
        message = f"INFUSION_DATA_DIR: another worker has {folder}; give each worker a folder and an INFUSION_WORKER_ID of its own"
        raise SettingError(message) from None
    return descriptor


def require_port(port: int) -> None:
    """
    Check that nobody listens on this port of loopback; 0 is no port.

    Raises:
        SettingError: somebody listens on it.
    """
    if not port:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            message = f"INFUSION_WEB_PORT: {port} is taken; choose another for each worker of a machine, or 0 for none"
            raise SettingError(message) from None
