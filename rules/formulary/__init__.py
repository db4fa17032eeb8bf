"""What a charted drug, route or indication is. ``screening`` decides what it is billed as."""
