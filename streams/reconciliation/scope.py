"""Which lines of a billing system are of our concern: the codes we charge, and drugs; a stay has many others. Pure."""

from rules.claim.charge_lines import RANK_ORDER
from rules.formulary.lookup import codes
from rules.site_folder import cached_by_site


def ours(code: str | None) -> bool:
    """Tell whether a code is one of the administrations or drugs that we charge; one that is not known may be."""
    return code is None or code in RANK_ORDER or code.startswith("J") or code in _drugs()


@cached_by_site()
def _drugs() -> frozenset[str]:
    return frozenset(one.code for one in codes())
