"""References between resources: contained ones, those of the same bundle, and those a feed was told before."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from streams.feeds.fhir.elements import NOTHING, Element, element, elements, text

_VERSION: Final = re.compile(r"/_history/[^/]+$")


def reference_path(reference: str) -> str:
    """Return ``Type/id`` of a reference, without server and version; a URN or a fragment stays as it is."""
    if reference.startswith(("#", "urn:")):
        return reference
    parts = _VERSION.sub("", reference.partition("#")[0]).rstrip("/").rsplit("/", 2)
    return "/".join(parts[-2:])


def reference_id(parent: Element, *names: str) -> str:
    """Return the id that a reference names: the last part of it, else its identifier's value; else empty."""
    found = element(parent, *names)
    nested = element(found, "reference")  # R5's CodeableReference
    if nested:
        found = nested
    reference = text(found, "reference")
    if reference and not reference.startswith("#"):
        return reference_path(reference).rpartition("/")[2].removeprefix("urn:uuid:")
    return text(element(found, "identifier"), "value") or reference.removeprefix("#")


def reference_type(parent: Element, name: str) -> str:
    """Return the type of what a reference names, where it tells."""
    found = element(parent, name)
    return text(found, "type") or reference_path(text(found, "reference")).rpartition("/")[0]


class References:
    """What can be looked up while one resource is read."""

    __slots__ = ("_contained", "_known")

    def __init__(self, resource: Element, known: Mapping[str, Element] = NOTHING) -> None:
        self._known = known
        self._contained = {text(part, "id"): part for part in elements(resource, "contained")}

    def find(self, reference: str) -> Element:
        """Return the resource of a reference; an empty one where it points to nothing that was sent."""
        if reference.startswith("#"):
            return self._contained.get(reference[1:], NOTHING)
        return self._known.get(reference) or self._known.get(reference_path(reference)) or NOTHING


def addresses(entry: Element) -> Iterator[str]:
    """Iterate over the references by which others of a bundle name the resource of an entry."""
    resource = element(entry, "resource")
    full = text(entry, "fullUrl")
    if full:
        yield full
        yield reference_path(full)
    kind, name = text(resource, "resourceType"), text(resource, "id")
    if kind and name:
        yield f"{kind}/{name}"
