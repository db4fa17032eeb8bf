"""
Whether a new edition of a schema breaks somebody who was built for an old one.

A contract only grows: fields that may be left out, values of an enumeration, kinds of event. Nothing is removed,
renamed, retyped or newly demanded. Which changes hurt depends on who writes the document. A document we *read* must
stay acceptable wherever it was; a document we *write* must stay what its readers were promised.
"""

from collections.abc import Iterator
from typing import Any, Final, Literal

Schema = dict[str, Any]
Side = Literal["read", "written"]

_LEAST: Final = ("minLength", "minimum", "minItems", "exclusiveMinimum")
_MOST: Final = ("maxLength", "maximum", "maxItems", "exclusiveMaximum")
_EXACT: Final = ("pattern", "format", "const")


def breaks(old: Schema, new: Schema, side: Side) -> list[str]:
    """
    Return each change of a new edition that breaks somebody built for the old one; empty when it only grew.

    ``read``: documents others send us. ``written``: documents we send others.
    """
    return list(_Comparison(old, new, side).schemas(old, new, str(new.get("title", "document"))))


class _Comparison:
    """Two editions side by side; a pair of shared definitions is compared once, where it is first met."""

    def __init__(self, old: Schema, new: Schema, side: Side) -> None:
        self._old = old
        self._new = new
        self._read = side == "read"
        self._seen: set[tuple[int, int]] = set()

    def schemas(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        """Yield what broke between two schemas and in everything below them."""
        before, after = dict(_variants(old, self._old)), dict(_variants(new, self._new))
        if "any" in after and self._read:
            return
        for kind, variant in before.items():
            if kind in after:
                yield from self._same_kind(variant, after[kind], _named(where, kind))
            elif not (kind == "integer" and "number" in after and self._read):
                yield f"{where}: is no longer {kind}; keep it, or publish the new meaning under a new name."
        if not self._read:
            for kind in after.keys() - before.keys():
                yield f"{where}: may now be {kind}, which no reader expects."

    def _same_kind(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        if (id(old), id(new)) in self._seen:
            return
        self._seen.add((id(old), id(new)))
        if "properties" in old or "properties" in new or "additionalProperties" in old:
            yield from self._objects(old, new, where)
        if "items" in old and "items" in new:
            yield from self.schemas(old["items"], new["items"], f"{where}[]")
        yield from self._values(old, new, where)
        yield from self._limits(old, new, where)

    def _objects(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        demanded, promised = set(new.get("required", ())), set(old.get("required", ()))
        for field in before:
            if field not in after:
                yield f"{where}.{field}: was removed or renamed; keep it beside the new one."
            else:
                yield from self.schemas(before[field], after[field], f"{where}.{field}")
        for field in sorted(demanded - promised):
            yield f"{where}.{field}: is newly required; old documents lack it."
        if not self._read:
            for field in sorted(promised - demanded):
                yield f"{where}.{field}: may now be left out; readers were promised it."
        others, others_now = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if isinstance(others, dict) and isinstance(others_now, dict):
            yield from self.schemas(others, others_now, f"{where}.*")
        elif self._read and others is not False and others_now is False:
            yield f"{where}: no longer takes fields it does not know."

    def _values(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        before, after = old.get("enum"), new.get("enum")
        if before is not None and after is not None:
            for value in before:
                if value not in after:
                    yield f"{where}: no longer knows {value!r}."
        elif before is None and after is not None and self._read:
            yield f"{where}: takes only some values now: {', '.join(map(str, after))}."
        elif before is not None and after is None and not self._read:
            yield f"{where}: may now be any value."

    def _limits(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        for word in _EXACT:
            before, after = old.get(word), new.get(word)
            lost = after is None and self._read  # what we read may grow wider, what we write narrower
            gained = before is None and not self._read
            if before != after and not lost and not gained:
                yield f"{where}: {word} changed from {before!r} to {after!r}."
        for word in (*_LEAST, *_MOST):
            before, after = old.get(word), new.get(word)
            if before == after:
                continue
            narrower = before is None or (after is not None and (after > before) == (word in _LEAST))
            if narrower == self._read:
                yield f"{where}: {word} changed from {before!r} to {after!r}."


def _named(where: str, kind: str) -> str:
    """Return the place of a variant: events go by their type, everything else by its field."""
    return kind if kind.startswith("event ") else where


def _resolved(schema: Schema, root: Schema) -> Schema:
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema


def _variants(schema: Schema, root: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield what a document may be here: a kind of event by its type, else the JSON type, with its schema."""
    schema = _resolved(schema, root)
    choices = schema.get("oneOf") or schema.get("anyOf")
    if choices:
        for choice in choices:
            yield from _variants(choice, root)
        return
    event_type = schema.get("properties", {}).get("type", {}).get("const")
    if event_type is not None:
        yield f"event {event_type}", schema
        return
    kinds = schema.get("type", "any")
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        yield kind, schema
