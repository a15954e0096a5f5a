"""Secrets in every form in which they can be shown."""

import json
from base64 import b64encode
from urllib.parse import quote, quote_plus

import pytest

from support.secret_text import forms_of, new_secret


@pytest.mark.parametrize(
    "show",
    [
        str,
        quote,
        quote_plus,
        json.dumps,
        repr,
        lambda text: quote(text, safe=""),
        lambda text: b64encode(text.encode()).decode(),
    ],
)
def test_a_secret_is_found_however_it_is_shown(show):
    secret = new_secret()

    assert any(form in show(secret) for form in forms_of(secret))


def test_each_way_to_write_a_new_secret_is_another_one():
    secret = new_secret()

    assert secret.isascii()
    assert secret.isprintable()
    assert len({secret, quote(secret), quote_plus(secret), json.dumps(secret)[1:-1]}) == 4
    assert new_secret() != secret


def test_a_short_secret_is_looked_for_as_it_is():
    assert forms_of("abc") == {"abc"}
    assert forms_of("") == set()
