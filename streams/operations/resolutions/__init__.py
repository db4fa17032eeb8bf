"""
A person's answer to a question of review becomes events, and its effect is known before it is given. Pure.

Every open flag of a charge set is one question. Its answers are what the rules admit (``rules.answers``): a decision, or
an event that states what is missing. Console and command line both answer by these functions and none of their own.
"""
