"""From a closed encounter to charge set revisions, line credits and charges, review items; again under other rules."""
