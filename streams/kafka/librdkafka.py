"""
The C library inside confluent-kafka's wheel, and the signatures of what we call in it.

The wheel exports librdkafka's mock cluster, but its Python module does not; ctypes does. The library is found
through the wheel's own list of files, whatever the platform calls it.
"""

import ctypes
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any, Final

WHEEL: Final = "confluent-kafka"
ERROR_TEXT: Final = 512
"""Bytes of the buffers that take the library's own words."""

_INSTALL: Final = (
    "install it as this release does: make run, or pip install --require-hashes -r .ci/requirements.txt"
)
_LIBRARY: Final = re.compile(r"librdkafka[^/\\]*\.(?:so(?:\.\d+)*|dylib|dll)$")

_POINTER: Final = ctypes.c_void_p
_TEXT: Final = ctypes.c_char_p
_INT: Final = ctypes.c_int
_INT32: Final = ctypes.c_int32

_SIGNATURES: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "rd_kafka_conf_new": (_POINTER, ()),
    "rd_kafka_conf_set": (_INT, (_POINTER, _TEXT, _TEXT, _TEXT, ctypes.c_size_t)),
    "rd_kafka_new": (_POINTER, (_INT, _POINTER, _TEXT, ctypes.c_size_t)),
    "rd_kafka_destroy": (None, (_POINTER,)),
    "rd_kafka_err2str": (_TEXT, (_INT,)),
    "rd_kafka_mock_cluster_new": (_POINTER, (_POINTER, _INT)),
    "rd_kafka_mock_cluster_destroy": (None, (_POINTER,)),
    "rd_kafka_mock_cluster_bootstraps": (_TEXT, (_POINTER,)),
    "rd_kafka_mock_set_controller_id": (_INT, (_POINTER, _INT32)),
    "rd_kafka_mock_group_initial_rebalance_delay_ms": (None, (_POINTER, _INT32)),
    "rd_kafka_mock_topic_create": (_INT, (_POINTER, _TEXT, _INT, _INT)),
    "rd_kafka_mock_partition_delete_records": (_INT, (_POINTER, _TEXT, _INT32, ctypes.c_int64)),
    "rd_kafka_mock_broker_set_down": (_INT, (_POINTER, _INT32)),
    "rd_kafka_mock_broker_set_up": (_INT, (_POINTER, _INT32)),
    "rd_kafka_mock_broker_set_rtt": (_INT, (_POINTER, _INT32, _INT)),
    "rd_kafka_mock_push_request_errors_array": (
        None,
        (_POINTER, ctypes.c_int16, ctypes.c_size_t, ctypes.POINTER(_INT)),
    ),
}
"""The result type and the argument types of each function."""


class LibraryError(RuntimeError):
    """The library is not where the wheel should have put it, or lacks a function that we call."""


@cache
def loaded() -> ctypes.CDLL:
    """
    Return the library, ready to be called.

    Raises:
        LibraryError: confluent-kafka is not installed, or was built without the library in it.
    """
    path = _path()
    try:
        library = ctypes.CDLL(path)
        for name, (gives, takes) in _SIGNATURES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = gives, takes
    except (OSError, AttributeError) as error:
        message = f"the embedded broker needs another librdkafka than that of {WHEEL} here; {_INSTALL}"
        raise LibraryError(message) from error
    return library


def _path() -> str:
    try:
        listed = files(WHEEL) or ()
    except PackageNotFoundError:
        message = f"the embedded broker needs {WHEEL}, which is not installed; {_INSTALL}"
        raise LibraryError(message) from None
    for file in listed:
        if _LIBRARY.search(str(file)) and (place := Path(str(file.locate()))).is_file():
            return str(place)
    message = f"{WHEEL} is installed without librdkafka, as if built from source; take the wheel: {_INSTALL}"
    raise LibraryError(message)
