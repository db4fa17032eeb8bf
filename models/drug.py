"""What was given: its name, its codes and, when the publisher knows better than the formulary, its class."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from models.any_case import ANY_CASE

BillingClass = Literal[
    "hydration",
    "electrolyte",
    "therapeutic",
    "chemotherapy",
    "complex_biologic",
    "hormonal_antineoplastic",
    "rsv_antibody",
    "vaccine",
    "allergen",
    "blood",
    "contrast",
    "radiopharmaceutical",
    "anesthetic",
    "flush",
    "self_administered",
]
"""How a drug's administration is billed; an attribute of drug, route, indication and payer (R-CLS-1)."""

CodeSystem = Literal["rxnorm", "ndc", "hcpcs", "local"]

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Ingredient(BaseModel):
    """One drug in a mixed bag."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    name: Name | None = None
    code: Code | None = None
    system: Annotated[CodeSystem, ANY_CASE] | None = None


class Drug(BaseModel):
    """A drug as charted; ``ingredients`` name what a mixed bag holds."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    name: Name | None = None
    code: Code | None = None
    system: Annotated[CodeSystem, ANY_CASE] | None = None
    ingredients: tuple[Name | Ingredient, ...] = Field(default=(), max_length=40)
    billing_class: Annotated[BillingClass, ANY_CASE] | None = None
