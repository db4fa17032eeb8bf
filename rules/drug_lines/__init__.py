"""The drug beside its administration: its code, its billing units, and what of it was wasted. Pure."""
