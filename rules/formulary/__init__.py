"""What a charted drug, route or indication is; never what it is billed as at this site."""
