"""Temporary: the fixture that says where a real server is."""

from types import SimpleNamespace

import pytest


@pytest.fixture(scope="session")
def mysql_server():
    return SimpleNamespace(host="127.0.0.1", port=13397, user="root", password="")
