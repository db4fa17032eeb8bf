"""What is wrong in a site file, in words: where, what, and which word was probably meant."""

from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

_SPELLING: Final = 0.5
_LONGEST: Final = 60
"""Characters of a word of the file that are shown; the file is the site's own and holds nothing of a patient."""


def in_words(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Return a sentence for each fault, in the order of the file."""
    return [_sentence(fault, model) for fault in error.errors(include_url=False)]


def nearest(word: str, known: tuple[str, ...]) -> str:
    """Return ``; did you mean X?`` for a word that is close to one of the known, else those there are."""
    near = get_close_matches(word.casefold(), [name.casefold() for name in known], 1, _SPELLING)
    if near:
        meant = next(name for name in known if name.casefold() == near[0])
        return f"; did you mean {meant}?"
    return f"; write one of {', '.join(known)}"


def _sentence(fault: ErrorDetails, model: type[BaseModel]) -> str:
    place, owner = _place(fault["loc"], model)
    if fault["type"] == "extra_forbidden":
        where = place.rpartition(".")[0]
        inside = f" in {where}" if where else ""
        name = str(fault["loc"][-1])[:_LONGEST]
        return f"{place}: no such word{inside}{nearest(name, tuple(owner.model_fields))}"
    value = fault["input"]
    if fault["type"] == "literal_error" and isinstance(value, str):
        expected = str(fault["ctx"]["expected"]) if "ctx" in fault else ""
        known = tuple(
            part.strip(" '") for part in expected.replace(" or ", ", ").split(",") if part.strip(" '")
        )
        return f"{place}: {value[:_LONGEST]!a} is none of the known words{nearest(value, known)}"
    if fault["type"] == "value_error":
        says, _, remedy = str(fault["ctx"]["error"]).partition("; ")
        return f"{place}: {says}" + (f"; {remedy}" if remedy else "")
    return f"{place}: {fault['msg'][:1].lower()}{fault['msg'][1:]}"


def _place(loc: tuple[int | str, ...], model: type[BaseModel]) -> tuple[str, type[BaseModel]]:
    """Return the dotted place of a fault and the table it stands in."""
    owner, place = model, ""
    last = len(loc) - 1
    for number, step in enumerate(loc):
        if isinstance(step, int):
            place += f"[{step + 1}]"
        elif step != "[key]":
            place += f".{step}" if place else step
        if number < last and isinstance(step, str) and step in owner.model_fields:
            owner = _inner(owner.model_fields[step].annotation) or owner
    return place, owner


def _inner(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a field's type holds, if it holds one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        found = _inner(part)
        if found is not None:
            return found
    return None
