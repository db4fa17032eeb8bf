"""The version of the rulebook: every charge set names it, and it is that of the release."""

from typing import Final

RULEBOOK_VERSION: Final = "26.11.5"
