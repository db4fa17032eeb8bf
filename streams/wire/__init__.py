"""Bytes to values and back: events, closed encounters, charge sets, headers, rejects, the table of topics. Pure."""
