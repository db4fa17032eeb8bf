"""The diagnoses of a code as rows for a person, those of which the same is written as one. Pure."""

from collections.abc import Iterable, Iterator
from typing import Final

from streams.rulebook.facts import Facts

_PROVEN: Final = {
    "volume": "a loss of volume", "immunodeficiency": "an immune deficiency", "context": "nothing by itself, and supports it",
    "cancer-hormonal": "the cancer a hormonal drug is given for", "nothing": "nothing",
}  # fmt: skip
_LACKING: Final = {
    "K": "potassium", "Mg": "magnesium", "Ca": "calcium", "PO4": "phosphate", "Na": "sodium", "Fe": "iron",
    "B12": "vitamin B12",
}  # fmt: skip


def proven(proves: str) -> str:
    """Return what a diagnosis proves in words: a loss of volume, a lack of potassium, nothing."""
    kind, _, of = proves.partition(":")
    return f"a lack of {_LACKING.get(of, of)}" if kind == "deficiency" else _PROVEN.get(proves, proves)


def diagnosis_rows(diagnoses: Iterable[Facts], side: str) -> Iterator[tuple[str, ...]]:
    """Yield codes, what they mean and what is written of them; ``side`` is ``go_with`` or ``contradict``."""
    alike: dict[tuple[str, str], list[str]] = {}
    for one in diagnoses:
        when = f" ({one['contradicts']})" if side == "contradict" else ""
        alike.setdefault((one["means"] + when, _said(one)), []).append(one["code"])
    for (means, said), codes in alike.items():
        yield ", ".join(codes), means, said


def _said(one: Facts) -> str:
    said = [f"{'said to prove' if one['contested'] == 'yes' else 'proves'} {proven(one['proves'])}"]
    if one["counts_for_volume"]:
        said.append("counts for volume here")
    elif one["proves"] == "volume":
        said.append("on no list of ours, so it does not count for volume here")
    if one["basis"] == "assigned":
        said.append("an assignment nobody has signed")
    if one["contested"] != "no":
        said.append(f"contested{'' if one['contested'] == 'yes' else ' in part'}")
    return f"{'; '.join(said)} [{one['source']['key']}, {one['grade']}]"
