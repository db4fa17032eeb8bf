"""The verbs: pure functions from an encounter to its charge set. Imports models and nothing outward."""
