"""Payers' published rates: transparency files to a small dated edition, and what it says of a code. Chooses no code."""
