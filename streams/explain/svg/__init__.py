"""The picture of an encounter as an SVG page."""
