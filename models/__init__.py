"""The nouns: events, encounters, charges. No rule, no Kafka, no clock."""
