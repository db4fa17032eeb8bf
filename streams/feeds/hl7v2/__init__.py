"""HL7 version 2: the ER7 text, and one module for each kind of message."""
