"""Adds earned units up into lines, runs the edits, adds national amounts; it never changes a code to pass an edit."""
