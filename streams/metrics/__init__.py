"""Figures for Prometheus: one table of what there is, the numbers themselves, and the probes of a process."""
