"""The rules in force as plain mappings and as text, for infusion rules; never a rule."""
