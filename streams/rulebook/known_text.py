"""What is published of a code, a diagnosis, a taxonomy or a place as text for a person, from ``known_facts``. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from streams.rulebook.benchmark_text import benchmark_parts
from streams.rulebook.diagnosis_text import diagnosis_rows, proven
from streams.rulebook.facts import Facts
from streams.rulebook.indicator_text import indicator_rows
from streams.rulebook.payer_text import payer_parts

Part = tuple[str, list[tuple[str, ...]]]
"""A heading and its rows."""

_SCHEMES: Final = {"rbcs": "RBCS", "ccs": "CCS", "betos": "BETOS, until RBCS"}
_BEFORE_FIRST: Final = "the oldest release read"


def known_parts(facts: Facts) -> Iterator[Part]:
    """Yield what the catalogue knows of a code; nothing for a code of no table."""
    if "indicators" not in facts:
        return
    indicators = facts["indicators"]
    if indicators is not None:
        rows = list(indicator_rows(indicators["values"]))
        age = f", {_BEFORE_FIRST}" if indicators["release"] > facts.get("on", "9999") else ""
        yield (
            f"Medicare's physician fee schedule, release {indicators['release']}{age} {_cited(indicators)}",
            rows,
        )
        yield "Medicare's national amount for a professional, before locality", list(_amounts(facts))
    if facts["checklist"]:
        yield (
            "What the chart must hold, and what its lack does",
            [
                (one["item"], f"{one['asks']} ({', '.join(one['rules'])})", f"{one['lack']}.")
                for one in facts["checklist"]
            ],
        )
    yield from payer_parts(facts["payers"])
    yield from benchmark_parts(facts)
    for side, title in (
        ("go_with", "Diagnoses that go with it"),
        ("contradict", "Diagnoses that contradict it"),
    ):
        if rows := list(diagnosis_rows(facts["diagnoses"][side], side)):
            yield f"{title}; one on no list proves nothing", rows
    if facts["performers"] or facts["checklist"]:
        yield (
            "Who performs it, as a published page of the code says",
            [
                (one["code"], one["means"], f"{one['claim']} {_cited(one)}".strip())
                for one in facts["performers"]
            ]
            or [("none", "no published page of this code was read")],
        )
    yield "History", list(_history(facts))
    classes = [(_SCHEMES[one["scheme"]], f"{one['category']} {_cited(one)}") for one in facts["categories"]]
    if classes:
        yield "Classes", [*classes]
    if facts["disagreements"]:
        yield "Where an indicator disagrees with a rule", [(said,) for said in facts["disagreements"]]
    if facts["not_found"]:
        yield "Not found", [(one["fact"], f"searched: {one['searched']}") for one in facts["not_found"]]


def _cited(fact: Facts) -> str:
    return f"[{fact['source']['key']}, {fact['grade']}]"


def _amounts(facts: Facts) -> Iterator[tuple[str, ...]]:
    if not facts["amounts"]:
        yield "none", "", "no release and conversion factor of that year were both read"
    for one in facts["amounts"]:
        sides = ", ".join(
            f"{name} {'no national amount' if one[side] is None else one[side] + ' USD'}"
            for name, side in (("office", "nonfacility"), ("facility", "facility"))
        )
        yield one["applies_to"], f"factor {one['conversion_factor']}", f"{sides} {_cited(one)}"


def _history(facts: Facts) -> Iterator[tuple[str, ...]]:
    if facts["stood_then"] is not None:
        then = ", ".join(facts["stood_then"]) or "a code that no page read names"
        yield "", "", f"Did not exist on this date; in its place stood {then}."
    for one in facts["history"]:
        said = [f"as {one['code']}"] if one["code"] != facts["id"] else []
        said += [f"{word} {one[side]}" for word, side in (("from", "before"), ("to", "after")) if one[side]]
        said += [one["detail"]] if one["detail"] else []
        yield one["effective"] or "no day read", one["event"], f"{', '.join(said)} {_cited(one)}".strip()
    if not facts["history"]:
        yield "none", "", "no page read says when it was added"


def _diagnosis(facts: Facts) -> list[Part]:
    reason = facts["counts_for_volume"]
    counts = f"yes, as {reason} (R-HYD-7)" if reason else "no, it is on no list of reasons for volume"
    row = facts["row"]
    if row is None:
        proves = "nothing else" if reason else "nothing: it is on no list here"
        return [(facts["id"], [("proves", proves), ("for volume", counts)])]
    rows: list[tuple[str, ...]] = [
        ("listed as", row["code"]),
        ("proves", proven(row["proves"])),
        ("for volume", counts),
        ("goes with", row["goes_with"] or "no code"),
        ("contradicts", row["contradicts"] or "no code"),
        ("contested", row["contested"]),
        ("rests on", "a source" if row["basis"] == "cited" else "an assignment nobody has signed"),
        ("why", row["why"]),
        ("written in", f"{row['source']['cite']} {_cited(row)}"),
    ]
    return [(f"{facts['id']}  {row['means']}", rows)]


def _taxonomy(facts: Facts) -> list[Part]:
    row = facts["row"]
    rows: list[tuple[str, ...]] = [
        ("is", row["level"]),
        ("services", f"{row['services']} (assigned here, signed by nobody)"),
        *([("claim", row["claim"])] if row["claim"] else ()),
        ("seen in", row["seen_in"].replace("=", ", ") or "no published page read"),
        ("written in", f"{row['source']['cite']} {_cited(row)}"),
    ]
    return [(f"{facts['id']}  {row['means']}", rows)]


def _place(facts: Facts) -> list[Part]:
    row = facts["row"]
    meaning = {
        "office": "a professional claim from there is coded as the office's",
        "professional_in_facility": "a professional claim from there reports none of these codes (R-SET-2)",
    }[row["setting"]]
    rows: list[tuple[str, ...]] = [
        ("Medicare pays", f"the {row['rate']} rate"),
        ("R-SET", f"{row['setting']}: {meaning}"),
        ("written in", f"{row['source']['cite']} {_cited(row)}"),
    ]
    return [(f"{facts['id']}  {row['means']}", rows)]


KNOWN: Final[Mapping[str, Callable[[Facts], list[Part]]]] = {
    "diagnosis": _diagnosis,
    "taxonomy": _taxonomy,
    "place": _place,
}
"""What writes each kind of entry."""
