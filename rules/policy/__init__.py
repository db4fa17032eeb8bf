"""Switches, their answers by layer, and the policy of an encounter; never the encounter's drugs or minutes."""
