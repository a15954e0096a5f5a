"""The bytes of an HTTP answer, in the forms in which HTTP lets one be given."""

import gzip
import http.client

JSON = "application/json"

UNOFFICIAL = "Unknown"
"""The phrase of a status that nobody has registered."""


def phrase_of(status: int) -> str:
    """The phrase that goes with a status."""
    return http.client.responses.get(status, UNOFFICIAL)


def http_answer(
    status: int, body: bytes, content_type: str | None = JSON, length: int | None = None, extra: str = ""
) -> bytes:
    """The bytes of an HTTP/1.1 answer; ``length`` may promise more than ``body`` holds. None: it has no content type."""
    told = f"Content-Type: {content_type}\r\n" if content_type else ""
    head = (
        f"HTTP/1.1 {status} {phrase_of(status)}\r\n{told}"
        f"Content-Length: {len(body) if length is None else length}\r\n{extra}Connection: close\r\n\r\n"
    )
    return head.encode("ascii") + body


def in_another_form(status: int, body: bytes, content_type: str, accepts: str) -> bytes:
    """The same answer, with a charset, in chunks, and compressed if the asker ``accepts`` that."""
    extra = ""
    if "gzip" in accepts:
        body, extra = gzip.compress(body), "Content-Encoding: gzip\r\n"
    half = len(body) // 2
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:half], body[half:]) if part)
    head = (
        f"HTTP/1.1 {status} {phrase_of(status)}\r\nContent-Type: {content_type}; charset=utf-8\r\n"
        f"Transfer-Encoding: chunked\r\n{extra}Connection: close\r\n\r\n"
    )
    return head.encode("ascii") + chunks + b"0\r\n\r\n"
