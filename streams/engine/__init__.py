"""
Faust without its losses: batches in, checkpoints out. Knows Kafka and Faust, and nothing of infusions.

A worker built on it may be killed at any instant. Whatever it had read and not finished comes again, from the
state as it was written; what was written twice is written the same.
"""
