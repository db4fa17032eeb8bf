"""Administrations, charge and drug lines, and what a billing system has, side by side. Pure: nothing is coded or sent here."""
