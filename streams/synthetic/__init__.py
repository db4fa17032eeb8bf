"""Stays that never were, from a seed; nothing is taken from a real chart."""
