"""For readers: what a code is, where each id stands in the source, how complete it is. Coding asks nothing here."""
