"""
What all stays of one payer, place and day are coded on: policy, minutes, editions, and how a charge set names them.

None of it depends on what was charted, so it is found once and not again for each stay of the month.
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from rules.claim.set_identity import decided_by
from rules.policy.resolve import Policy, policy_for
from rules.policy.told_apart import payer_told_apart, place_told_apart
from rules.site_folder import cached_by_site
from rules.tables.lookup import editions
from rules.version import RULEBOOK_VERSION
from rules.worksheet.timing import Thresholds, thresholds


class Ground(NamedTuple):
    """The policy, the minutes in force, the editions of the edits by table, and what the set's id has of all these."""

    policy: Policy
    limits: Thresholds
    tables: Mapping[str, str]
    decided_by: str


def ground_for(
    setting: str,
    payer: str | None,
    place: tuple[str | None, str | None],
    on: date,
    choice: str | None,
    overrides: tuple[tuple[str, str], ...],
) -> Ground:
    """
    Return what a stay is coded on whose first date of service this is, under ``--policy`` and ``--set`` as given.

    ``place`` is its facility and department.

    Raises:
        NotInForceError: the date lies before the first cited value.
        PolicyError: the choice or an override names a policy, switch or value that does not exist.
    """
    payer = payer_told_apart(payer, choice)
    return _ground(setting, payer, place_told_apart(place, choice), on, choice, overrides)


@cached_by_site(maxsize=8192)
def _ground(
    setting: str,
    payer: str | None,
    place: tuple[str | None, str | None],
    on: date,
    choice: str | None,
    overrides: tuple[tuple[str, str], ...],
) -> Ground:
    policy = policy_for(setting, payer, *place, on, choice, overrides)
    limits = thresholds(on)
    tables = editions(on, policy.setting)
    named = decided_by(RULEBOOK_VERSION, policy.name, policy.layers, policy.overrides, tables)
    return Ground(policy, limits, tables, named)
