"""
The objects of a file whose keys stand in another order than CMS's examples have, and of a hospital's JSON, by ijson.

Slower than ``object_slices`` by some ten times, and right for every order of keys: the references are read first.
"""

from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

import ijson
from orjson import dumps

from streams.rates.in_network import RatesFileError
from streams.rates.object_slices import GROUPS, RATES, Slice

_READ: Final = 1 << 20
_BOTH: Final = (("provider_references.item", GROUPS), ("in_network.item", RATES))


def objects_of(file: BinaryIO, path: str) -> Iterator[dict[str, object]]:
    """
    Yield the objects of one array of a JSON document.

    Raises:
        RatesFileError: the document breaks off or is damaged.

    """
    try:
        yield from ijson.items(file, path, buf_size=_READ, use_float=True)
    except ijson.JSONError as error:
        message = "breaks off or is damaged; fetch the whole file again."
        raise RatesFileError(message) from error


def slices_in_any_order(opened: Callable[[], BinaryIO], head: bytes) -> Iterator[Slice]:
    """Yield the objects as ``object_slices`` does, the references first; the file is opened once for each array."""
    yield Slice(b"", head)
    for path, kind in _BOTH:
        with opened() as file:
            for found in objects_of(file, path):
                yield Slice(kind, dumps(found) + b"]}")
