"""Medicare's indicators of a code as rows for a person. Pure."""

from collections.abc import Iterable, Iterator
from typing import Final

from streams.rulebook.facts import Facts

_NAMES: Final = {
    "pctc": "PC/TC", "multiple": "multiple procedures", "co_surgeon": "co-surgeon", "assistant": "assistant surgeon",
    "team": "surgical team", "bilateral": "both sides", "imaging_family": "imaging family", "work_rvu": "RVU, work",
    "pe_nonfacility": "RVU, practice, office", "pe_facility": "RVU, practice, facility", "mp_rvu": "RVU, malpractice",
    "total_nonfacility": "RVU, total, office", "total_facility": "RVU, total, facility",
    "nonfacility_na": "office side", "facility_na": "facility side", "not_used": "not used by Medicare",
}  # fmt: skip
_UNPAID: Final = "the file carries it; nobody is paid it"


def indicator_rows(values: Iterable[Facts]) -> Iterator[tuple[str, ...]]:
    """Yield each indicator that the file fills, with its name and what its value says."""
    held = {one["indicator"]: one for one in values}
    apart = {side for side in ("facility", "nonfacility") if held.get(f"{side}_na", {}).get("value")}
    for name, one in held.items():
        if one["value"]:
            means = one["means"] or ""
            if name.removesuffix("_na") in apart:
                means = "does not apply there: nobody is paid by it"
            if name.split("_")[0] in {"pe", "total"} and name.partition("_")[2] in apart:
                means = _UNPAID
            yield _NAMES.get(name, name.replace("_", " ")), one["value"], means
