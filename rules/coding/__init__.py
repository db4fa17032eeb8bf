"""The codes an administration earns: sites, doses, initial service, infusions, pushes, hydration, modifiers."""
