"""What the shipped payers answer on the switches of a code, side by side, as plain mappings. Pure."""

from datetime import date
from typing import Final, get_args

from models.field import Setting
from rules.catalogue.payer_answers import PAYERS, Compared, PayerAnswer, compared, notes
from streams.rulebook.facts import Facts, citations

_SETTINGS: Final[tuple[Setting, ...]] = tuple(
    one for one in get_args(Setting) if one != "professional_in_facility"
)
"""A professional in a facility reports none of these codes."""


def payer_facts(code: str, on: date) -> Facts:
    """Return what profiles answer themselves, what differs, what no profile says, and what was only read of payers."""
    told = {setting: compared(code, setting, on) for setting in _SETTINGS}
    return {
        "names": list(PAYERS),
        "answered": _together(told),
        "silent": [_silent(one, told) for one in told["facility"] if not _anywhere(one, told)],
        "notes": [
            {
                **{name: value for name, value in row.items() if name != "cite"},
                "source": citations(row["cite"])[0],
            }
            for row in notes(code, on)
        ],
    }


def _together(told: dict[Setting, tuple[Compared, ...]]) -> list[Facts]:
    """Return the switches a profile answers, settings of the same answers as one."""
    found: dict[tuple[str, str], Facts] = {}
    for setting, every in told.items():
        for one in every:
            if one.answered or one.differs:
                facts = _compared(one)
                found.setdefault((one.switch.key, str(facts["answers"])), facts)["settings"].append(setting)
    return list(found.values())


def _anywhere(one: Compared, told: dict[Setting, tuple[Compared, ...]]) -> bool:
    """Tell whether a profile answers a switch in any setting, or two differ."""
    return any(
        other.answered or other.differs
        for every in told.values()
        for other in every
        if other.switch is one.switch
    )


def _compared(one: Compared) -> Facts:
    return {
        "id": one.switch.id,
        "key": one.switch.key,
        "question": one.switch.question,
        "settings": [],
        "differs": one.differs,
        "answers": {payer: _answer(answer) for payer, answer in one.answers.items()},
    }


def _answer(answer: PayerAnswer) -> Facts:
    return {
        "value": answer.value,
        "own": answer.own,
        "decided_by": answer.layer,
        "since": answer.since and answer.since.isoformat(),
        "source": citations(answer.cite)[0],
    }


def _silent(one: Compared, told: dict[Setting, tuple[Compared, ...]]) -> Facts:
    values = {
        setting: next(iter(other.answers.values())).value
        for setting, every in told.items()
        for other in every
        if other.switch is one.switch
    }
    same = len(set(values.values())) == 1
    said = (
        next(iter(values.values()))
        if same
        else ", ".join(f"{value} ({setting})" for setting, value in values.items())
    )
    return {
        "id": one.switch.id,
        "key": one.switch.key,
        "question": one.switch.question,
        "value": f"{said} {one.switch.unit}".strip() if said[:1].isdigit() else said,
    }
