"""Secrets that the suite makes, and the forms in which one can be shown."""

import json
from base64 import b64encode, urlsafe_b64encode
from secrets import token_urlsafe
from urllib.parse import quote, quote_plus

ODD = '+/@%&="'
"""What a URL and JSON write in another way: who quotes a secret, or forgets to, is seen."""

LEAST = 6
"""Characters of the shortest secret that is looked for in other forms; those of a shorter one may stand there by chance."""


def new_secret() -> str:
    """A random password or secret of printable ASCII."""
    return f"{token_urlsafe(18)}{ODD}{token_urlsafe(3)}"


def forms_of(secret: str) -> set[str]:
    """As it is, quoted for a URL, escaped as JSON and Python do, and in base64."""
    if len(secret) < LEAST:
        return {secret} - {""}
    encoded = secret.encode()
    in_base64 = {code(encoded).decode().rstrip("=") for code in (b64encode, urlsafe_b64encode)}
    quoted = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    return {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        *quoted,
        *in_base64,
    }
