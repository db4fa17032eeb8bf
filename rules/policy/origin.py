"""Who decided an answer, in words too, and which layers of a policy have an answer that stands. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from models.charge import PolicyLayer, Reason
from rules.policy.bill_hold import BILL_HOLD
from rules.policy.layer_files import INHERITS, Layer
from rules.policy.layer_version import version_of
from rules.policy.switch import Switch
from rules.site_folder import cached_by_site
from rules.sources import cite, sources


class Origin(NamedTuple):
    """Who decided an answer, and where it is written: a source key, or the house's own words."""

    layer: str
    cite: str


BY_HAND = "override"
"""Whose the answers are that ``--set`` gives."""


def reason_of(named: Switch, value: str, origin: Origin) -> Reason:
    """Return the reason that every line of an answer has."""
    return _reason_of(named.id, named.key, value, origin)


@cached_by_site(maxsize=1024)
def _reason_of(switch_id: str, key: str, value: str, origin: Origin) -> Reason:
    written_in = cite(origin.cite) if origin.cite in sources() else origin.cite
    return Reason(switch_id, f"Policy switch {key} is {value}, by {origin.layer}.", (written_in,))


def answering(layers: Iterable[Layer], origins: Mapping[str, Origin]) -> tuple[PolicyLayer, ...]:
    """Return the layers of which an answer stands, in the order they were laid over each other."""
    named = {origin.layer for origin in origins.values()}
    return tuple(PolicyLayer(layer.label, version_of(layer)) for layer in layers if layer.label in named)


def bill_hold_in(layers: Iterable[Layer], setting: str, on: date, by_hand: str | None) -> tuple[int, Origin]:
    """Return the days of the bill hold on a date and who said so; ``by_hand`` is the answer of ``--set``."""
    if by_hand is not None:
        return int(by_hand), Origin(BY_HAND, "--set")
    days, origin = BILL_HOLD.default, Origin("global", "HOUSE")
    for layer in layers:
        answer = layer.answer(BILL_HOLD.key, setting, on)
        if answer is not None and answer.value != INHERITS:
            days, origin = answer.value, Origin(layer.label, answer.cite)
    return int(days), origin
