"""
What the worker keeps of a stay, when the stay is due, and what is to be done about it.

Pure: bytes and instants in, bytes and instants out. No Kafka, no clock, no environment.
"""
