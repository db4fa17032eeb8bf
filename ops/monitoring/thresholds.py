"""From when a site wants to be told: every number of the alert rules, to be set here and written anew with ``make monitoring``."""

from collections.abc import Mapping
from typing import NamedTuple

MINUTE, HOUR, DAY = 60, 3600, 86_400


class Thresholds(NamedTuple):
    """Spans are seconds unless a name says otherwise; the defaults are a start, not a recommendation for your site."""

    lag: int = 10 * MINUTE
    """Age of the oldest unread record."""
    lag_for: int = 5 * MINUTE
    no_progress: int = 5 * MINUTE
    """In which a position that is behind must move."""
    never_read_for: int = 10 * MINUTE
    workers: int = 1
    """Members the group must have; with as many as you run, one that is gone is told too."""
    workers_for: int = 2 * MINUTE
    """Beyond the session timeout, after which Kafka counts a worker as gone."""
    watch_for: int = 5 * MINUTE
    unready: int = 10 * MINUTE
    """In which a process must have been ready once."""
    silence: Mapping[str, int] = {"adt": 4 * HOUR, "emar": 2 * HOUR, "pump": 2 * HOUR}
    """By source; a source without nights or weekends needs more."""
    silence_of_others: int = DAY
    held_dollars: int = 50_000
    """Expected payment of all that is held."""
    held_for: int = HOUR
    bill_hold_left: int = DAY
    """Before the end of a bill hold; how long that is, by payer, the policy says (bill_hold_days)."""
    within: int = 15 * MINUTE
    """In which rejects and lost records are counted: their alerts are over so long after the last one."""
    rejects: int = 0
    """Records refused in that time that nobody need look at."""
    rejected_share: float = 0.01
    """Of the records read in that time: more is a feed that changed, not a slip."""
    headroom: int = 2 * DAY
    """Until unread records are deleted."""
    refused_within: int = 5 * MINUTE
    """In which a worker said that it does not start on these topics: it says so for some seconds at each start."""
    review_for: int = 15 * MINUTE
    overdue: int = 15 * MINUTE
    """By which a stay may be coded late."""
    undelivered: int = HOUR
    """Age of the oldest charge the billing system has not taken; a day of most charge captures ends at night."""
    console_behind: int = 10 * MINUTE
    """Age of the oldest record that the console has not read; one that is filled anew may take as long."""
    page_seconds: float = 1.0
    """In which ninety-nine of a hundred pages of the console come."""
    console: str = "http://localhost:8090"
    """Where people reach the console, for links from panels to pages; empty: no links."""
    settle: int = 5 * MINUTE
    """For which an alert goes on after its cause, so that one that flickers is one."""
