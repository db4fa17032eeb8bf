"""Named tuples made in bulk."""

from typing import Final

build: Final = tuple.__new__
"""
Returns a named tuple of a class from its fields in their order: ``build(Flow, (start, stop))``.

The tuple's own constructor takes keywords and default values, which costs five times as much for the 34 fields of an
administration. Nothing counts the fields, so give all of them.
"""
