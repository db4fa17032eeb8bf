"""The version of a policy layer: a digest of what it says, wherever the file lies and however it is laid out."""

from functools import lru_cache
from hashlib import sha256
from json import dumps

from rules.policy.bill_hold import BILL_HOLD
from rules.policy.layer_files import Dated, Layer


def _entry(answer: Dated) -> tuple[str, str, str, str, str]:
    return (answer.key, answer.since.isoformat(), answer.setting or "", answer.value, answer.cite)


def codes(layer: Layer) -> bool:
    """Tell whether a stay may be coded by a layer; one that has a bill hold alone is not named on charge sets."""
    return (
        bool(layer.classes) or not layer.values or any(value.key != BILL_HOLD.key for value in layer.values)
    )


@lru_cache(maxsize=512)
def version_of(layer: Layer) -> str:
    """
    Return the version of a layer: twelve hexadecimal digits over its canonical content.

    The bill hold, comments, titles, notes and the order of entries say nothing a stay is coded by, and move nothing; neither do
    the path and the time. A value is taken as the register spells it, so ``P-17`` and its key are one.
    """
    content = {
        "scope": layer.scope,
        "name": layer.name,
        "edition": layer.edition.isoformat(),
        "aliases": sorted(layer.aliases),
        "extends": layer.extends,
        "facility": layer.facility,
        "department": layer.department,
        "values": sorted(_entry(value) for value in layer.values if value.key != BILL_HOLD.key),
        "classes": sorted(map(_entry, layer.classes)),
    }
    return sha256(dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:12]
