"""Known words as charts spell them: ``Completed`` and `` NDC `` are the words ``completed`` and ``ndc``."""

from typing import Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema


class AnyCase:
    """
    Marks a literal of known words: read in any letter case and with spaces around, kept and published as listed.

    ``upper`` for words that are listed in capitals. No word may differ from another by its letter case alone.
    """

    def __init__(self, *, upper: bool = False) -> None:
        self._upper = upper

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Return the schema that reads a text, spells it as the listed words are and looks it up among them."""
        spelled = core_schema.str_schema(
            strip_whitespace=True, to_lower=not self._upper, to_upper=self._upper
        )
        return core_schema.chain_schema([spelled, handler(source)])

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the published schema: the listed words, which is how a publisher should write them."""
        assert schema["type"] == "chain"  # noqa: S101 the schema made above
        return handler(schema["steps"][-1])


ANY_CASE: Final = AnyCase()
ANY_CASE_UPPER: Final = AnyCase(upper=True)
