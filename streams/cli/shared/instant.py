"""An option that is an instant."""

from datetime import datetime

import click


class InstantType(click.ParamType):
    """An aware instant in RFC 3339."""

    name = "instant"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the instant; one without an offset is refused, for its hour is anybody's guess."""
        try:
            instant = datetime.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            self.fail("not an instant; write for example 2026-03-05T00:00:00-05:00", param, ctx)
        if instant.tzinfo is None:
            self.fail("has no offset; write for example 2026-03-05T00:00:00-05:00", param, ctx)
        return instant
