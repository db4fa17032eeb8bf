"""The worker: Faust's agents around our pure functions. Only this folder knows the clock and the environment."""
