"""Which list a procedure code or a modifier is from: CPT's, or CMS's own (HCPCS level II). Pure."""

from typing import Final, Literal

CodeList = Literal["cpt", "hcpcs"]

_CPT_LENGTH: Final = 5


def list_of_code(code: str) -> CodeList:
    """Return the list of a procedure code: CPT's begin with a digit, HCPCS level II with a letter."""
    return "cpt" if len(code) == _CPT_LENGTH and code[0].isdigit() else "hcpcs"


def list_of_modifier(modifier: str) -> CodeList:
    """Return the list of a modifier: two digits are CPT's."""
    return "cpt" if modifier.isdigit() else "hcpcs"
