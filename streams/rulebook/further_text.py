"""Drugs, modifiers, policies and answers to switches as text for a person, from the mappings of ``entry``. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from streams.rulebook.facts import Facts

Part = tuple[str, list[tuple[str, ...]]]
"""A heading and its rows."""

READ_FROM: Final = "Read from"
"""The heading over the sources of a code's tables; a page of its own lists all its sources in their place."""

_ATTACHED: Final = {
    "fact": "by the product, from a fact in the events",
    "policy": "by the product, where a policy answers so",
    "order": "never inferred: it comes with an order or from registration",
    "person": "by a person",
    "never": "never",
}
_BASIS: Final = {
    "product": "the kind of product",
    "cited": "a source",
    "assigned": "an assignment nobody has signed yet",
    "unverified": "a text nobody has read: F-UNVERIFIED where it decides a line",
    "stated": "the word of whoever charted it",
}
_PUSHED: Final = {"yes": "may be", "never": "never", "unknown": "not known"}


def citation_rows(citations: Iterable[Facts]) -> list[tuple[str, ...]]:
    """Return citations with their keys, each followed by the address it has."""
    return [
        row
        for source in citations
        for row in ((source["key"], source["cite"]), ("", source["address"] or ""))
        if row[1]
    ]


def _drug(facts: Facts) -> list[Part]:
    rows: list[tuple[str, ...]] = [("class", facts["class"].replace("_", " "))]
    rows += [(f"by {route}", kind.replace("_", " ")) for route, kind in facts["by_route"].items()]
    rows += [("pushed", _PUSHED[facts["pushable"]]), ("rests on", _BASIS[facts["basis"]])]
    payers = facts["payer_class"]
    if payers is not None:
        rows.append(
            ("the payer's", f"{payers['class']}, by {payers['decided_by']} [{payers['source']['key']}]")
        )
    for row in facts["self_administered"]:
        until = f" to {row['until']}" if row["until"] else ""
        routes = " and ".join(row["routes"])
        words = f"by {routes}: {row['listed_by']}, from {row['since']}{until} [{row['source']['key']}]"
        rows.append(("excluded", words))
    products = [
        (product["product"], product["class"].replace("_", " "), "; ".join(product["names"]))
        for product in facts["products"]
    ]
    codes = [
        (code["code"], code["product"] + (f", until {code['until']}" if code["until"] else ""))
        for code in facts["codes"]
    ]
    title = facts["id"]
    parts: list[Part] = [(title, rows), ("Products, their class and names", [*products])]
    parts += [("Product codes", [*codes])] if codes else []
    return [
        *parts,
        ("Written in", citation_rows(facts["sources"]) or [("", "No source: a matter of what it is.")]),
    ]


def _modifier(facts: Facts) -> list[Part]:
    rows: list[tuple[str, ...]] = [("attached", _ATTACHED[facts["attached"]]), ("when", facts["when"])]
    rows += [
        (name, facts[key])
        for name, key in (("goes on", "goes_on"), ("since", "since"), ("mind", "mind"))
        if facts[key]
    ]
    rows += [
        (switch["id"], f"{switch['key']} = {switch['value']}, by {switch['decided_by']}")
        for switch in facts["switches"]
    ]
    rules = [(rule["id"], rule["grade"], rule["says"]) for rule in facts["rules"]]
    by_rules = [source for rule in facts["rules"] for source in rule["sources"]]
    cited = {source["key"]: source for source in (*facts["sources"], *by_rules)}
    written = citation_rows(cited.values()) or [
        ("", "No source was found: working knowledge, to be confirmed.")
    ]
    return [(f"Modifier {facts['id']}  {facts['tells']}", rows), ("Rules", [*rules]), ("Written in", written)]


def _policy(facts: Facts) -> list[Part]:
    rows: list[tuple[str, ...]] = [
        ("version", facts["version"]),
        ("setting", facts["setting"]),
        ("layers", ", ".join(facts["layers"])),
    ]
    if facts["as_global"]:
        rows.append(("the others", f"{facts['as_global']} switches as the global layer answers them"))
    answers = [
        (
            one["id"],
            one["key"],
            f"{one['value']} {one['unit']}".strip(),
            f"{one['decided_by']} [{one['source']['key']}]",
        )
        for one in facts["answers"]
    ]
    parts: list[Part] = [(f"Policy {facts['id']}", rows), ("Answers", [*answers])]
    classes = [
        (one["drug"], one["class"], f"{one['decided_by']} [{one['source']['key']}]")
        for one in facts["complex_biologics"]
    ]
    parts += [("Complex biologics as it classes them", [*classes])] if classes else []
    cited = {one["source"]["key"]: one["source"] for one in [*facts["answers"], *facts["complex_biologics"]]}
    return [*parts, ("Written in", citation_rows(cited.values()))]


def _answer(facts: Facts) -> list[Part]:
    return [part for one in facts["switches"] for part in _answer_parts(one)]


def _answer_parts(one: Facts) -> Iterator[Part]:
    now = "nothing" if one["value"] is None else one["value"]
    in_force = "yes" if one["in_force"] else f"no, {now} is"
    rows: list[tuple[str, ...]] = [
        ("answers", f"{one['question']} ({one['answers']})"),
        ("default", "yes" if one["default"] else "no"),
        ("in force", in_force),
    ]
    for held in one["layers"]:
        setting = f", {held['setting']}" if held["setting"] else ""
        rows.append(("held by", f"{held['layer']}{setting}, since {held['since']} [{held['source']['key']}]"))
    yield f"{one['answer']}  an answer to {one['id']} {one['key']}", rows
    if one["views"]:
        yield "Who holds this view", citation_rows(one["views"])


FURTHER: Final[Mapping[str, Callable[[Facts], list[Part]]]] = {
    "drug": _drug,
    "modifier": _modifier,
    "policy": _policy,
    "answer": _answer,
}
"""What writes each kind of entry."""
