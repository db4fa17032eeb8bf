"""What verbs have in common: inputs, options, broker, progress, tables for a person."""
