"""Wire formats of hospitals, one standard a module: messages to events, and charges to messages. No socket, no Kafka, no clock."""
