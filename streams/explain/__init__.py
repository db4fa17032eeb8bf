"""
A coded encounter drawn for a person: when each drug flowed, which minutes were billed, and why.

``layout`` lays the stay out as a ``picture`` without knowing on what it will be drawn; ``terminal``, ``svg`` and
``html`` draw that one picture, so the screen a coder reads and the page an auditor gets cannot disagree.
"""
