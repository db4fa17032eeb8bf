"""
The life of a stay: what the worker keeps of it, when it is due, and what is done then.

Pure: bytes and instants in, bytes and instants out. No Kafka, no clock, no environment.
"""
