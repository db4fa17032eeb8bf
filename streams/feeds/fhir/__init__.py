"""FHIR R4, R5 and R6 in JSON: one module for each resource."""
