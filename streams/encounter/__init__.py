"""The fold: the set of a stay's events to one Encounter, merges and voids included. No policy, no minutes, no money."""
