"""The terms of a claim: the gateway lets the API choose the length of the lease and the token."""

import json

import pytest

from support.gateway.terms import Terms
from support.history.calls import Call

CLAIM, HEARTBEAT = "/api/executions/r/claim", "/api/executions/r/heartbeat"


def call(path=CLAIM):
    return Call("worker-1", "POST", path, "")


def granted(terms, token="chosen-by-the-worker"):
    return json.loads(terms.of_answer(call(), json.dumps({"claim_token": token, "id": "r"}).encode()))


def carried(terms, token, name="X-Claim-Token"):
    """What the API is sent in place of a token, and what is noted of it."""
    heartbeat = call(HEARTBEAT)
    headers, _ = terms.of_request(heartbeat, {name: token}, b"")
    return headers[name], heartbeat.token_fits


def test_without_terms_nothing_is_changed_and_the_token_is_known():
    terms = Terms()

    assert terms.of_request(call(), {"A": "b"}, b'{"lease_seconds": 5}') == ({"A": "b"}, b'{"lease_seconds": 5}')
    assert terms.of_answer(call(), b'{"claim_token": "t"}') == b'{"claim_token": "t"}'
    assert carried(terms, "t") == ("t", True)
    assert carried(terms, "u") == ("u", False)


@pytest.mark.parametrize("body", [b"", b'{"lease_seconds": 60, "worker_id": "w"}'])
def test_a_lease_is_granted_as_the_api_likes(body):
    terms = Terms()
    terms.lease_seconds = 1.5

    headers, sent = terms.of_request(call(), {}, body)

    assert json.loads(sent)["lease_seconds"] == 1.5
    assert headers == {"Content-Type": "application/json"}
    assert terms.of_request(call(HEARTBEAT), {}, b"{}") == ({}, b"{}")


def test_of_two_tokens_only_that_of_the_answer_counts():
    terms = Terms()
    terms.own_tokens = True
    answer = granted(terms)

    assert answer["id"] == "r"
    assert answer["claim_token"] != "chosen-by-the-worker"
    assert carried(terms, answer["claim_token"], "x-claim-token") == ("chosen-by-the-worker", True)
    sent, fits = carried(terms, "chosen-by-the-worker")
    assert (sent == "chosen-by-the-worker", fits) == (False, False)
    assert granted(terms) == answer, "the same claim sent again is answered with the same token"


def test_what_is_no_grant_stays_as_it_is():
    terms = Terms()
    terms.own_tokens = True

    assert terms.of_answer(call(), b'{"title": "Conflict"}') == b'{"title": "Conflict"}'
    assert terms.of_answer(call(), b"[]") == b"[]"
    assert carried(terms, "t") == ("t", None)
