"""The keyed hash by which two accounts of one patient are found, and from which no patient can be."""

import hmac
from hashlib import sha256
from typing import Final

_LENGTH: Final = 32
"""Hexadecimal digits: 128 bits."""


def patient_key(secret: bytes, authority: str, number: str) -> str:
    """
    Return the key of a patient's number: HMAC-SHA-256 under the site's secret.

    The same number of another assigning authority is another patient. Without the secret nobody can try numbers.
    """
    message = f"{authority}\x1f{number}".encode("utf-8", "surrogatepass")
    return hmac.new(secret, message, sha256).hexdigest()[:_LENGTH]
