"""The bill holds that a verb shows: those of the policies that workers with this environment code under."""

import os

import click

from rules.site_folder import SiteFolder
from streams.charging.bill_hold import BillHold
from streams.cli.shared.profile_options import check_policy
from streams.worker.settings import SettingError, profile_from


def bill_hold(site: SiteFolder | None) -> BillHold:
    """
    Return the bill holds under INFUSION_POLICY, INFUSION_SET and a site's folder.

    Raises:
        click.UsageError: one of them names what does not exist.
    """
    try:
        profile = profile_from(os.environ)._replace(site=site)
    except SettingError as error:
        raise click.UsageError(str(error)) from error
    check_policy(profile.policy, profile.overrides, None, profile.payer, site)
    return BillHold(profile)
