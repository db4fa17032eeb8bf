"""The option for a site's own folder, one for every verb that codes or shows what codes: ``--site-dir``."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import click

from rules.catalogue.site_check import problems
from rules.site_folder import SiteFolder, SiteFolderError, read_site

VARIABLE: Final = "INFUSION_SITE_DIR"
_HELP: Final = (
    "The site's own folder of policies, signed drugs, crosswalks and editions, laid over what ships."
)


def newest_date() -> date:
    """Return the date it is where the day begins first; a signature of today is right wherever it was given."""
    return (datetime.now(UTC) + timedelta(hours=14)).date()


class SiteFolderType(click.ParamType):
    """A site's folder that is in order."""

    name = "folder"

    def convert(
        self, value: str | SiteFolder, param: click.Parameter | None, ctx: click.Context | None
    ) -> SiteFolder:
        """Return the folder; the first thing wrong with it ends the verb before anything is coded."""
        if isinstance(value, SiteFolder):
            return value
        try:
            site = read_site(Path(value))
        except SiteFolderError as error:
            self.fail(str(error), param, ctx)
        wrong = problems(site, newest_date())
        if wrong:
            more = f" {len(wrong) - 1} more: run 'infusion check --site-dir'." if len(wrong) > 1 else ""
            self.fail(f"{wrong[0]}{more}", param, ctx)
        return site


site_option: Final = click.option(
    "--site-dir",
    "site",
    type=SiteFolderType(),
    envvar=VARIABLE,
    show_envvar=True,
    metavar="FOLDER",
    help=_HELP,
)
"""Gives a verb ``site``, read and found in order; None where neither option nor environment names one."""

site_path_option: Final = click.option(
    "--site-dir",
    "site_dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar=VARIABLE,
    show_envvar=True,
    metavar="FOLDER",
    help=_HELP,
)
"""Gives a verb ``site_dir`` as it stands, for those that check it or write into it."""
