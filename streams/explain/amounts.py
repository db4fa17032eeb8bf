"""How much of a drug was charted as given: its dose, its volume and its rate, in the units of the chart."""

from decimal import Decimal

from models.encounter import Administration
from streams.explain.labels import plain


def amount(administration: Administration) -> str:
    """Return dose, volume and a rate that never changed, as far as they are charted: 1 g · 50 mL · 100 mL/h."""
    words = []
    if administration.dose is not None:
        words.append(f"{_number(administration.dose)} {plain(administration.dose_unit)}".rstrip())
    if administration.volume_ml is not None:
        words.append(f"{_number(administration.volume_ml)} mL")
    rates = {rate for _, rate in administration.rates if rate} or {administration.rate_ml_per_h} - {None}
    if len(rates) == 1:
        words += [f"{_number(rate)} mL/h" for rate in rates if rate]
    return " · ".join(words)


def _number(value: Decimal) -> str:
    """Return a quantity as charted, without noughts that say nothing."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
