"""
What is published of a code, a diagnosis, a taxonomy or a place, as plain mappings, from the tables of the catalogue.

Pure. A fact nobody could read says where it was looked for; none of this decides a charge.
"""

from datetime import date
from decimal import Decimal
from typing import Final

from rules.catalogue import code_history, diagnoses, performers
from rules.catalogue.benchmarks import benchmark_facts
from rules.catalogue.chart_items import ChartItem, items_of, lack_does
from rules.catalogue.fact_rows import Row, not_found, rows
from rules.catalogue.indicators import (
    MEANINGS,
    categories,
    conversion_factors,
    disagreements,
    indicator_on,
    national_amounts,
    releases,
)
from rules.claim.charge_lines import RANK_ORDER
from rules.formulary.volume_reasons import reason_for_volume
from streams.rulebook.facts import Facts, citations
from streams.rulebook.payer_facts import payer_facts

_NOT_VALUES: Final = frozenset({"code", "effective", "factor", "grade", "cite"})


def catalogue_names() -> tuple[str, ...]:
    """Return the taxonomies, places and whole diagnoses of the tables, as ``show`` takes them."""
    return (
        *(row["code"] for row in performers.taxonomies()),
        *(f"{performers.PLACE}{row['code']}" for row in performers.places()),
        *(row["code"] for row in rows("diagnoses") if not row["code"].endswith("-")),
    )


def known_of_code(code: str, on: date) -> Facts:
    """Return indicators, amounts, classes, history, performers and diagnoses of a code; empty for one of no table."""
    if code not in RANK_ORDER and not code_history.events(code):
        return {}
    row = indicator_on(code, on)
    begins = code_history.not_yet(code, on)
    return {
        "indicators": None if row is None else _indicators(row),
        "releases": [one["effective"] for one in releases(code)],
        "amounts": [] if row is None else _amounts(row, on),
        "categories": [_fact(one) for one in categories(code)],
        "history": [_fact(one) for one in code_history.events(code)],
        "stood_then": None if begins is None else list(code_history.stood_before(code)),
        "performers": [_fact(one) for one in performers.seen_with(code)],
        "diagnoses": {
            "go_with": [diagnosis_facts(one, on) for one in diagnoses.going_with(code)],
            "contradict": [diagnosis_facts(one, on) for one in diagnoses.contradicting(code)],
        }
        if code in RANK_ORDER
        else {"go_with": [], "contradict": []},
        "checklist": [_chart_item(item) for item in items_of(code, on)],
        "payers": payer_facts(code, on),
        "benchmarks": benchmark_facts(code, on),
        "disagreements": [said for said in disagreements(on) if said.startswith(f"{code} ")],
        "not_found": [
            {"fact": one.fact, "searched": one.searched}
            for one in not_found()
            if code in one.codes or (not one.codes and code in RANK_ORDER)
        ],
    }


def _chart_item(item: ChartItem) -> Facts:
    return {
        "item": item.id,
        "asks": item.asks,
        "lack": lack_does(item),
        "flags": list(item.flags),
        "rules": list(item.rules),
    }


def diagnosis_facts(row: Row, on: date) -> Facts:
    """Return a row of diagnoses, with whether a chart's reason of that code counts as one for volume on a date."""
    return {**_fact(row), "counts_for_volume": reason_for_volume(row["code"].rstrip("-").rstrip("."), on)}


def diagnosis_entry(name: str, on: date) -> Facts | None:
    """Return what is known of an ICD-10-CM code; one of no row proves nothing. None for a name of another shape."""
    if not diagnoses.is_diagnosis(name):
        return None
    row = diagnoses.row_of(name)
    reason = reason_for_volume(name, on)
    return {
        "kind": "diagnosis",
        "id": name.upper(),
        "counts_for_volume": reason,
        "row": None if row is None else _fact(row),
    }


def performer_entry(name: str) -> Facts | None:
    """Return what is known of a provider taxonomy or of a place of service (``POS 22``), else None."""
    for row in performers.taxonomies():
        if row["code"] == name.upper():
            return {"kind": "taxonomy", "id": row["code"], "row": _fact(row)}
    place = name.upper().removeprefix(performers.PLACE)
    for row in performers.places():
        if name.upper().startswith(performers.PLACE) and row["code"] == place:
            return {"kind": "place", "id": f"{performers.PLACE}{place}", "row": _fact(row)}
    return None


def _fact(row: Row) -> Facts:
    return {
        **{name: value for name, value in row.items() if name != "cite"},
        "source": citations(row["cite"])[0],
    }


def _indicators(row: Row) -> Facts:
    return {
        "release": row["effective"],
        "values": [
            {"indicator": name, "value": value, "means": MEANINGS.get(name, {}).get(value)}
            for name, value in row.items()
            if name not in _NOT_VALUES
        ],
        "grade": row["grade"],
        "source": citations(row["cite"])[0],
    }


def _amounts(row: Row, on: date) -> list[Facts]:
    return [
        {
            "applies_to": factor["applies_to"],
            "conversion_factor": factor["usd"],
            **{
                side: None if amount is None else str(amount)
                for side, amount in national_amounts(row, Decimal(factor["usd"])).items()
            },
            "grade": factor["grade"],
            "source": citations(factor["cite"])[0],
        }
        for factor in conversion_factors(row, on)
    ]
