"""
What a billing system calls charges: the site's own charge codes and revenue codes, and how it takes a credit.

The table ``charges`` of a site's file. A code of ours that the table does not have is refused rather than guessed;
a site without any table sends the procedure code in the place of the charge code.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from streams.wire.rejects import Reject

CreditStyle = Literal["cd_positive", "cg_negative"]
"""A credit as transaction type CD with the quantity as charged, or as CG with the quantity below zero."""

ItemCredit = Literal["entered_in_error", "offset"]
"""The same ChargeItem with another status, or a further item with the quantity below zero."""

FhirVersion = Literal["R4", "R5"]

_Text = Annotated[str, Field(max_length=80)]
_System = Annotated[str, Field(max_length=80, pattern=r"^\S*$")]
_Code = Annotated[str, Field(min_length=1, max_length=50)]
_STRICT: Final = ConfigDict(
    frozen=True, extra="forbid", strict=True, hide_input_in_errors=True, defer_build=True
)


class ChargeCode(BaseModel):
    """One procedure code as the billing system knows it."""

    model_config = _STRICT

    code: _Code
    """The number of the charge in the site's charge master."""
    description: _Text = ""
    """The site's own words; none are sent when it is empty."""
    revenue_code: Annotated[str, Field(pattern=r"^(\d{4})?$")] = ""
    """Four digits, as on the claim; empty where the billing system adds it."""


class ChargeCodes(BaseModel):
    """How charges are written for one site's billing system; every part has a default."""

    model_config = _STRICT

    sending_application: _Text = "INFUSION"
    sending_facility: _Text = ""
    receiving_application: _Text = ""
    receiving_facility: _Text = ""
    processing_id: Literal["P", "T", "D"] = "P"
    """MSH-11: production, training or debugging."""
    hl7_version: Literal[
        "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2", "2.9"
    ] = "2.8"
    """MSH-12. FT1-41, the revenue code, is of 2.8; older receivers take it as well or pass it over."""
    z_segment: bool = True
    """Whether a message ends with ZCS, which names the charge set; receivers that do not know it pass it over."""
    credit_style: CreditStyle = "cd_positive"
    fhir_version: FhirVersion = "R4"
    item_credit: ItemCredit = "entered_in_error"
    fhir_extensions: Annotated[str, Field(pattern=r"^[a-z][a-z0-9+.-]*:[^\s]{1,200}$")] = (
        "urn:infusion-charges:fhir:"
    )
    """What the addresses of extensions begin with; a server that knows such extensions under its own names is met."""
    account_system: _System = ""
    """The system of the encounter's identifier in FHIR; empty where the id stands alone."""
    code_system: _System = ""
    """The name of the charge master: FT1-7, third component, and the system of a ChargeItem's coding."""
    codes: Mapping[Annotated[str, Field(pattern=r"^[A-Z0-9]{5}$")], ChargeCode] = {}
    """By the CPT or HCPCS code of the line."""

    def code_of(self, procedure_code: str) -> ChargeCode | Reject | None:
        """Return the site's code of a procedure code; None where the site has no table, a reject where it has a gap."""
        if not self.codes:
            return None
        return self.codes.get(procedure_code) or Reject(
            "line.code",
            f"the site's table has no charge code for {procedure_code}",
            f"add [charges.codes.{procedure_code}] with its code to the site file",
        )


NO_TABLE: Final = ChargeCodes()
"""A site that said nothing."""
