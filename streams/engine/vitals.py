"""
The vitals of a worker: plain numbers that the engine keeps of itself, for whoever watches it.

Instants are of the monotonic clock, in seconds, 0 before the first. Each is one value that is replaced whole, so that
another thread can read them while the loop is busy.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Vitals:
    """What one worker did, and when it last did it."""

    turned_at: float = 0
    """The loop turned."""
    polled_at: float = 0
    """Records were asked for."""
    dealt_at: float = 0
    """Partitions were dealt to this worker, possibly none."""
    recovered_at: float = 0
    """The tables of the newest deal were complete, and reading began."""
    recovering: bool = True
    """Whether the newest deal is not recovered yet."""
    recovery_s: float = 0
    """How long the last recovery took."""
    deals: int = 0
    recoveries: int = 0
    commits: int = 0
    checkpoint_began_at: float = 0
    """The checkpoint under way began; 0 while none is."""
    checkpoint_at: float = 0
    """The last checkpoint was complete, be it that there was nothing to write."""
    read: Counter[str] = field(default_factory=Counter)
    """Records handed to agents, by topic."""
    written: Counter[str] = field(default_factory=Counter)
    """Records written and acknowledged, by topic."""
    lost: Counter[str] = field(default_factory=Counter)
    """Records that were deleted before they were read, by topic."""
    fault: tuple[str, str] | None = None
    """What is wrong with the logs, in one word and in a sentence, for which this worker stops."""
    on_checkpoint: Callable[[float], None] = lambda _: None
    """Called with the seconds each checkpoint took that wrote something."""
