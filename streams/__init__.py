"""The shell: bytes, files and topics in, charge sets out. Everything that decides lives in rules."""
