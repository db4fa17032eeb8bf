"""
The bill hold: how many days after the departure a claim goes out, held or not.

It is answered by the policy's layers as a switch is, by payer and facility and each value from its own date. No line is
coded by it: it stands on no charge set, and neither a policy's version nor a layer's knows it.
"""

from rules.policy.switch import Switch

BILL_HOLD = Switch(
    "B-01", "bill_hold_days", "How many days after the departure does a claim go out, held or not?",
    (), "5", span=range(1, 366), unit="days", numeric=True,
)  # fmt: skip


def misplaced(named: Switch, scope: object, *, inherits: bool) -> str:
    """Return why an answer has no place in a layer of a scope, in words; empty where it has one."""
    if named.id == "P-01":
        return "the setting comes from the encounter, never from a policy file"
    if inherits and scope == "global":
        return "the global layer has nothing to inherit from"
    if named is BILL_HOLD and scope == "department":
        return "a claim is the facility's, and so is its bill hold; write it into a facility's or a payer's layer"
    return ""
