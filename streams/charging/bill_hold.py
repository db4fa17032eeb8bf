"""How long a stay's claim waits for a person: the bill hold of the policy that stands for it. Pure."""

from datetime import UTC, datetime
from typing import Final

from rules.engine import Profile
from rules.parameter import NotInForceError
from rules.policy.bill_hold import BILL_HOLD
from rules.policy.resolve import policy_for
from rules.site_folder import under_site

DAY_S: Final = 86_400


class BillHold:
    """Tells when the bill hold of a stay ends, under the policies of one profile."""

    def __init__(self, profile: Profile = Profile()) -> None:  # noqa: B008 - a named tuple is immutable
        self._profile = profile

    def ends_at(self, departed_at: int, setting: str, payer: str | None, facility: str | None) -> int:
        """
        Return when a claim goes out, held or not, in epoch seconds; the policy of the day of the departure says it.

        Raises:
            PolicyError: the profile names a policy, switch or value that does not exist.
            SiteFolderError: the site's folder changed since the profile was made.
        """
        profile = self._profile
        on = datetime.fromtimestamp(departed_at, UTC).date()
        with under_site(profile.site):
            try:
                policy = policy_for(setting, payer, facility, None, on, profile.policy, profile.overrides)
            except NotInForceError:  # no day of it is in any policy, so the house's own answer stands
                days = int(BILL_HOLD.default)
            else:
                days = policy.bill_hold_days
        return departed_at + days * DAY_S
