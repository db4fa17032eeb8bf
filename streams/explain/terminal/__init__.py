"""The picture of an encounter drawn for a terminal."""
