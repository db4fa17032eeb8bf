"""
What a site calls things: one TOML file that turns its wire messages into the contract's words.

The file says which field names the stay, in which zone clocks stand that name none, what local words mean. Nothing in
it is about a patient.
"""

import tomllib
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.field import TimeZone


class SiteMapping(BaseModel):
    """What a site's feeds call things; whatever is left out has the meaning the standards give it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    time_zone: TimeZone | None = None
    """The IANA zone of times that name no offset; without it such times are refused."""
    default_charset: Annotated[str, Field(min_length=1, max_length=40)] = "utf-8"
    """Python's name of what is sent where MSH-18 says nothing."""


DEFAULT_SITE: Final = SiteMapping()


def read_site(text: str) -> SiteMapping | str:
    """Return the mapping that a TOML text holds, or in words why it holds none; never raises for what is in it."""
    try:
        return SiteMapping.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        return f"no TOML: {error}"
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
