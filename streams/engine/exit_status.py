"""How a worker ends that must not go on."""

from typing import Final

EXIT_FATAL: Final = 70
"""EX_SOFTWARE: something could not be written, or is not what it was; nothing was committed after it."""
