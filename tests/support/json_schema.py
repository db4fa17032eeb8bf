"""
``jsonschema`` without its check of addresses, which no schema of ours has.

At its import that makes 38 parsers, six seconds of a processor in every process of a test run.
"""

import sys
from unittest.mock import patch

with patch.dict(sys.modules, {"rfc3987_syntax": None}):
    from jsonschema import Draft202012Validator

__all__ = ["Draft202012Validator"]
