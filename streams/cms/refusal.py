"""Why a refresh wrote nothing: one sentence a fault."""

from collections.abc import Sequence


class RefreshRefusedError(ValueError):
    """Nothing was written; ``faults`` says why, one sentence each."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)
