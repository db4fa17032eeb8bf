"""The tables a replay needs, told by their columns: inputs, names of items, admissions. Others are left out."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

Row = Mapping[str, str]
Table = Literal["inputs", "items", "admissions"]

_COLUMNS: Final[Mapping[Table, frozenset[str]]] = {
    "inputs": frozenset(
        {
            "hadm_id",
            "itemid",
            "orderid",
            "linkorderid",
            "starttime",
            "endtime",
            "storetime",
            "statusdescription",
        }
    ),
    "items": frozenset({"itemid", "label"}),
    "admissions": frozenset({"hadm_id", "admittime", "dischtime"}),
}


def table_of(columns: Iterable[str]) -> Table | None:
    """Return which table has these columns, in whatever order and case; None for one that no replay needs."""
    names = {column.strip().casefold() for column in columns}
    return next((table for table, needed in _COLUMNS.items() if needed <= names), None)
