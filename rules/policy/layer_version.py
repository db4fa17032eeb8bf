"""The version of a policy layer: a digest of what it says, wherever the file lies and however it is laid out."""

from functools import lru_cache
from hashlib import sha256
from json import dumps

from rules.policy.layer_files import Dated, Layer


def _entry(answer: Dated) -> tuple[str, str, str, str, str]:
    return (answer.key, answer.since.isoformat(), answer.setting or "", answer.value, answer.cite)


@lru_cache(maxsize=512)
def version_of(layer: Layer) -> str:
    """
    Return the version of a layer: twelve hexadecimal digits over its canonical content.

    Comments, titles, notes and the order of entries say nothing a stay is coded by, and move nothing; neither do
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
        "values": sorted(map(_entry, layer.values)),
        "classes": sorted(map(_entry, layer.classes)),
    }
    return sha256(dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:12]
