"""Checks a site's own folder before anything is coded under it, and counts what nobody has signed yet."""

from collections import Counter
from datetime import date

from rules.drug_lines import containers
from rules.formulary import site_check as drugs
from rules.formulary.products import Product, products
from rules.policy import site_check as policies
from rules.policy.site_layers import site_layers
from rules.site_folder import SiteFolder, files_of, under_site
from rules.sources import site_problems as wrong_sources
from rules.tables.check import site_problems as wrong_editions


def problems(site: SiteFolder, today: date) -> list[str]:
    """
    Return what is wrong with a site's folder, one sentence each, file and line first; empty when it is in order.

    ``today`` is the newest date there is anywhere: nothing can have been signed after it.
    """
    with under_site(site):
        found = wrong_sources(site)
        if not found:  # what is cited is looked up among them
            found += [f"edits/{wrong}" for wrong in wrong_editions(site)] + drugs.problems(site, today)
            found += containers.site_problems(site)
        if not found:
            found += policies.problems(site)
        return found


def in_force() -> tuple[Product, ...]:
    """Return the last row of each product: a site's where it has one, else the shipped one."""
    return tuple({row.key: row for row in products()}.values())


def summary(site: SiteFolder) -> list[str]:
    """Return what a site's folder holds and how much of it nobody has signed, a line each."""
    with under_site(None):
        shipped = {row.key for row in products()}
    with under_site(site):
        rows = in_force()
        layers = site_layers(site)
    own = [row for row in rows if row.key not in shipped]
    signed = [row for row in rows if row.signature is not None]
    roles = Counter(row.signature.role for row in signed if row.signature is not None)
    by_role = ", ".join(f"{count} by a {role}" for role, count in sorted(roles.items())) or "none"
    unsigned = sum(row.basis in drugs.UNSIGNED for row in rows)
    files = files_of(site)
    lists = [
        name.removeprefix("drugs/") for name in files if name.startswith("drugs/") and name.endswith(".csv")
    ]
    dates = sorted({name.split("/")[1] for name in files if name.startswith("edits/")})
    own_unsigned = sum(row.basis in drugs.UNSIGNED for row in own)
    held = f"lists {', '.join(lists) or 'none'}, editions {', '.join(dates) or 'none'}"
    return [
        f"site       policies {len(layers)}, drugs added {len(own)}, {held}",
        f"signed     classes {len(signed)} ({by_role}); nobody signed {unsigned}, the site's own {own_unsigned} of them",
    ]
