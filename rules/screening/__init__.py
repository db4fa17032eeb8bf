"""Whether an administration may be coded at all: intent and bundles, class, documented times, billable window."""
