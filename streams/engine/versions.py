"""
The versions this engine is made for, and nothing else.

It replaces private methods of Faust and aiokafka: a release of either may rename one, and what would then be
lost are charges, without a sound.
"""

from collections.abc import Callable
from importlib.metadata import version
from typing import Final

TESTED: Final = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0", "mode-streaming": "0.7.1"}
"""Each was put through the crash tests under tests/kafka; another one first has to pass them."""


class UntestedEngineError(RuntimeError):
    """An engine nobody has tested is installed; the message names it and says what to install."""


def require_tested(installed: Callable[[str], str] = version) -> None:
    """
    Return when the installed engine is the one that was tested.

    Raises:
        UntestedEngineError: it is not.
    """
    wrong = [f"{name} {installed(name)}" for name, wanted in TESTED.items() if installed(name) != wanted]
    if wrong:
        right = " ".join(f"{name}=={wanted}" for name, wanted in TESTED.items())
        msg = f"the worker was not tested with {', '.join(wrong)}; install what it was tested with: pip install {right}"
        raise UntestedEngineError(msg)
