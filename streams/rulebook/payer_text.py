"""What payers answer on the switches of a code as text, from ``payer_facts``. Pure."""

from collections.abc import Iterator
from typing import Final

from rules.catalogue.payer_answers import NOT_ASKED
from streams.rulebook.facts import Facts

Part = tuple[str, list[tuple[str, ...]]]

_NAMES: Final = {
    "medicare": "Medicare", "aetna": "Aetna", "bcbs": "Blue Cross", "cigna": "Cigna", "unitedhealthcare": "UnitedHealthcare",
}  # fmt: skip


def payer_parts(facts: Facts) -> Iterator[Part]:
    """Yield the payers side by side, where each answer is written, what no profile says and what was read beside it."""
    names = [_NAMES.get(name, name) for name in facts["names"]]
    answered = facts["answered"]
    if answered:
        rows = [(_asked(one), *(_value(one["answers"][name]) for name in facts["names"])) for one in answered]
        none = "" if any(one["differs"] for one in answered) else "; no two differ"
        yield f"Payers side by side; = is the global layer's answer{none}", [("", *names), *rows]
        yield "Where a profile's own answer is written", list(_written(answered))
    if facts["silent"]:
        yield (
            "No profile of the five says; the global layer answers for all",
            [(one["id"], one["key"], f"{one['value']}. {one['question']}") for one in facts["silent"]],
        )
    if facts["notes"]:
        yield (
            "Read of payers, and no answer of a profile",
            [
                (
                    _NAMES.get(one["payer"], one["payer"]),
                    one["switch"],
                    f"{one['says']}; {one['why']} [{one['source']['key']}, {one['grade']}]",
                )
                for one in facts["notes"]
            ],
        )


def _asked(one: Facts) -> str:
    return one["key"] if len(one["settings"]) > 1 else f"{one['key']} ({one['settings'][0]})"


def _value(answer: Facts) -> str:
    return answer["value"] if answer["own"] or answer["value"] == NOT_ASKED else f"= {answer['value']}"


def _written(answered: list[Facts]) -> Iterator[tuple[str, ...]]:
    for one in answered:
        for name, answer in one["answers"].items():
            if answer["own"]:
                since = f"since {answer['since']}" if answer["since"] else "no day"
                yield (
                    _NAMES.get(name, name),
                    _asked(one),
                    f"{answer['value']}, {since} [{answer['source']['key']}]: {answer['source']['cite']}",
                )
