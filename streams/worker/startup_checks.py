"""The check before a worker starts: its data folder is its own. A failure is a sentence, not a traceback."""

import os
from errno import EDQUOT, ENOSPC
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Final

from streams.worker.settings import SettingError

_OTHERS: Final = 0o077
"""The rights of everybody but the owner."""

_OWN: Final = 0o700
_LOCK: Final = "worker.lock"


def _remedy(error: OSError) -> str:
    if error.errno in {ENOSPC, EDQUOT}:
        return "make room on its disk, and start again"
    return "name a folder this user may write to"


def lock_data_dir(folder: Path) -> int:
    """
    Make the data folder, keep every other worker out of it until this process ends, and return the lock's descriptor.

    Only this user may read what lies in it from now on, also where it was there before with wider rights: stores hold
    events of patients. No link is followed, neither in its place nor inside: it could lead into another's folder.

    Raises:
        SettingError: another worker has it, it is another user's, a link is in its way, or it cannot be written.
    """
    os.umask(_OTHERS)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if folder.is_symlink():
            message = f"INFUSION_DATA_DIR: {folder} is a symbolic link; name the folder it leads to"
            raise SettingError(message)
        descriptor = _locked_for_this_user(folder)
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


def _locked_for_this_user(folder: Path) -> int:
    """Close a folder to everybody else, and return the open file of its lock."""
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        about = os.fstat(place)
        if about.st_uid != os.geteuid():
            message = (
                f"INFUSION_DATA_DIR: {folder} belongs to another user, who may read what is in it; "
                "name a folder of this user's, or one below it that is not there yet"
            )
            raise SettingError(message)
        if about.st_mode & _OTHERS:
            os.fchmod(place, _OWN)
        for path in folder.rglob("*"):
            if path.is_symlink():
                message = (
                    f"INFUSION_DATA_DIR: {path} is a symbolic link, and a store would write where it leads; "
                    "delete the folder and start again: what it held is read from Kafka"
                )
                raise SettingError(message)
        return os.open(_LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600, dir_fd=place)
    finally:
        os.close(place)
