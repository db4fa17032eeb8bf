"""The front door: MLLP and HTTP in, written to Kafka, and only then acknowledged. Nothing between the two is kept."""
