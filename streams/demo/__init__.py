"""Everything on one machine: an embedded broker, a worker, a day of events, and the comparison at the end."""
