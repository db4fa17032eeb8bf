"""The option for a site's file, one TOML text that says what its systems call things: ``--site``."""

from pathlib import Path
from typing import Final

import click

from streams.feeds.charge_codes import NO_TABLE, ChargeCodes, read_charge_codes

VARIABLE: Final = "INFUSION_SITE_FILE"


class ChargeCodesType(click.ParamType):
    """The charge codes of a site's file that is in order."""

    name = "file"

    def convert(
        self, value: str | ChargeCodes, param: click.Parameter | None, ctx: click.Context | None
    ) -> ChargeCodes:
        """Return the table; a file that cannot be read or is wrong ends the verb before anything is sent."""
        if isinstance(value, ChargeCodes):
            return value
        try:
            text = Path(value).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            self.fail(f"{value}: cannot be read: {why}", param, ctx)
        read = read_charge_codes(text)
        if isinstance(read, str):
            self.fail(f"{value}: {read}", param, ctx)
        return read


charge_codes_option: Final = click.option(
    "--site",
    "codes",
    type=ChargeCodesType(),
    default=NO_TABLE,
    show_default=False,
    envvar=VARIABLE,
    show_envvar=True,
    metavar="FILE",
    help="The site's file: its table [charges] has charge codes, revenue codes and how credits are written.",
)
"""Gives a verb ``codes``; without a file the procedure code stands in the place of the charge code."""
