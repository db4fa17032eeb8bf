"""
Kafka as the verbs meet it: settings of the connection, topics, publishing, rejects, and a broker in the process.

The worker has Faust between itself and the broker; what is here talks to the broker directly.
"""
