"""May this administration be coded at all: intent and bundles, class, documented times, billable window."""
