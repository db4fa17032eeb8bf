"""Switches, their answers by layer, and the policy of an encounter. Nothing here reads its drugs or minutes."""
