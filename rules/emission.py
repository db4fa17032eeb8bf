"""When the charges of a stay are sent: while it is open, and for how long they may still change after it."""

from typing import Final, NamedTuple

from models.encounter import Encounter
from rules.engine import Profile, first_date, policy_of
from rules.parameter import NotInForceError
from rules.worksheet.service_dates import Calendar

_HOUR: Final = 3600
_DEFAULT: Final = 72 * _HOUR


class Emission(NamedTuple):
    """P-31, the span after the departure within which charges may still change, in seconds; and P-30, a yes or no."""

    confirm_s: int
    while_open: bool


def emission_of(encounter: Encounter, profile: Profile) -> Emission:
    """
    Return what the policy of a stay says of when its charges are sent.

    Before the first cited value there is no policy, and the default of P-31 is meant: such a stay is held anyway.

    Raises:
        PolicyError: the profile names a policy, switch or value that does not exist.
    """
    try:
        policy = policy_of(encounter, profile, first_date(encounter, Calendar(encounter)))
    except NotInForceError:
        return Emission(_DEFAULT, while_open=False)
    return Emission(
        policy.confirm_window_after_departure_before_final * _HOUR,
        policy.provisional_charge_emission == "provisional+replace",
    )
