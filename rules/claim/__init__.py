"""Earned units added up into lines, edits run over them, national amounts; never a code changed to pass."""
