"""The option for a site's mapping of its feeds, and the secret of its patient keys, for every verb that reads a wire."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from streams.feeds.site_mapping import DEFAULT_SITE, SiteMapping, read_site
from streams.worker.adapters import SITE_FILE, FeedSettingError, patient_secret_from


class SiteFileType(click.ParamType):
    """A site file that is in order."""

    name = "file"

    def convert(
        self, value: str | SiteMapping, param: click.Parameter | None, ctx: click.Context | None
    ) -> SiteMapping:
        """Return the mapping; what is wrong with the file ends the verb before anything is read."""
        if isinstance(value, SiteMapping):
            return value
        try:
            text = Path(value).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
            self.fail(f"{click.format_filename(value)}: {why}", param, ctx)
        site = read_site(text)
        if isinstance(site, str):
            self.fail(f"{click.format_filename(value)}: {site}", param, ctx)
        return site


def _option(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(
        "--site",
        name,
        type=SiteFileType(),
        envvar=SITE_FILE,
        show_envvar=True,
        default=DEFAULT_SITE,
        metavar="FILE",
        show_default="what the standards say",
        help="What the site's feeds call things: one TOML file.",
    )


site_file_option: Final = _option("site")
"""Gives a verb ``site``, the mapping; without a file the standards' own meanings."""

site_file_beside_folder: Final = _option("site_file")
"""The same as ``site_file``, for a verb that codes too and has the site's folder as ``site``."""


def patient_secret() -> bytes | None:
    """
    Return the secret that patient keys are made with, None where there is none: then no key is made.

    Raises:
        click.UsageError: the file cannot be read, or the secret is too short to keep one.
    """
    try:
        return patient_secret_from(os.environ)
    except FeedSettingError as error:
        raise click.UsageError(str(error)) from None
