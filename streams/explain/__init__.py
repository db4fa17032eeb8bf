"""
A coded encounter drawn for a person: when each drug flowed, which minutes were billed, and why.

``picture`` lays the stay out without knowing on what it will be drawn; ``terminal`` and ``svg`` draw that
one layout, so the screen a coder reads and the page an auditor gets cannot disagree.
"""
