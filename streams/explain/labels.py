"""What drugs, access sites and administrations are called in the drawing."""

from datetime import tzinfo
from typing import Final

from models.drug import Drug
from models.encounter import AccessSite, Encounter
from models.printable import replaced
from streams.explain.clock import hour, minute_of

TIMES: Final = "\N{MULTIPLICATION SIGN}"
_SHORT_ID: Final = 8


def plain(words: str | None) -> str:
    """Return words fit for any terminal and any XML: one line, nothing that moves a cursor or turns text."""
    return replaced(words or "").strip()


def tags(encounter: Encounter) -> dict[str, str]:
    """Return the short name of each administration by its id: the id, or its number where ids are long."""
    ids = [administration.administration_id for administration in encounter.administrations]
    short = all(
        len(administration_id) <= _SHORT_ID and plain(administration_id) == administration_id
        for administration_id in ids
    )
    return {
        administration_id: administration_id if short else f"#{number}"
        for number, administration_id in enumerate(ids, 1)
    }


def drug_name(drug: Drug | None) -> str:
    """Return what a drug is called: its name, else its ingredients, else its code."""
    if drug is None:
        return "drug not charted"
    parts = [
        ingredient if isinstance(ingredient, str) else ingredient.name or ingredient.code or "?"
        for ingredient in drug.ingredients
    ]
    return plain(drug.name or " + ".join(parts) or drug.code) or "drug not charted"


def site_label(site_id: str, site: AccessSite | None, zone: tzinfo) -> str:
    """Return what is charted of an access site that its coding may rest on."""
    words = [plain(site_id)]
    if site is not None:
        words += [plain(site.kind)] if site.kind and site.kind != site_id else []
        placed = site.placed_at
        words += [f"placed {hour(minute_of(placed), zone)}"] if placed is not None else []
        words += [f"restart of {plain(site.restart_of)}"] if site.restart_of else []
        words += [f"separate: {plain(site.separate_site_reason)}"] if site.separate_site_reason else []
    return " · ".join(words)
