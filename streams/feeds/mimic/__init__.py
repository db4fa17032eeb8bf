"""MIMIC-III's tables of bedside charting as a feed: real charting, de-identified, to try the rules on. It bills nothing."""
