"""The ids of the contract: whoever judges by one finds its sentence."""

import re

import yaml

from tests.harness.commands import DOCUMENTS
from tests.harness.running import PROJECT

PAGE = DOCUMENTS["docs/contract.md"]
(AS_SAID,) = re.findall(r"<!-- Ids and their sentences: (\S.*\S)  \(multi-line\) -->", PAGE)
"""The regular expression that the page gives to programs."""

SENTENCES = [(found[1], found[0]) for found in re.finditer(AS_SAID, PAGE, re.MULTILINE)]
IDS = [name for name, _ in SENTENCES]


def test_the_page_has_a_version_and_ends_its_changes_with_the_first_one():
    (version,) = re.findall(r"^Contract version (\d+\.\d+)$", PAGE, re.MULTILINE)

    versions = re.findall(r"^- \*\*(\d+\.\d+)\*\*", PAGE.partition("## Changes")[2], re.MULTILINE)
    assert versions == sorted(versions, reverse=True)
    assert (versions[0], versions[-1]) == (version, "1.0")


def test_each_id_is_there_once_and_in_the_order_of_its_number():
    assert len(IDS) > 100
    assert len(set(IDS)) == len(IDS)
    for area in {name.rpartition("-")[0] for name in IDS}:
        numbers = [int(name.rpartition("-")[2]) for name in IDS if name.rpartition("-")[0] == area]
        assert numbers == list(range(1, len(numbers) + 1)), area


def test_every_obligation_has_an_id():
    items = re.findall(r"^- (?!\*\*)(.*)$", PAGE, re.MULTILINE)
    rows = [row for row in re.findall(r"^\| .*$", PAGE, re.MULTILINE) if "[C-" not in row]

    assert [item for item in items if not item.startswith("[C-")] == []
    assert [row.split(" | ")[0] for row in rows] == ["| Table", "| Call", "| Happens"]


def test_every_id_that_a_document_names_is_there():
    for document, text in DOCUMENTS.items():
        assert set(re.findall(r"\bC-[A-Z]+-\d+\b", text)) <= set(IDS), document


def test_a_sentence_is_whole():
    sentences = dict(SENTENCES)

    assert sentences["C-RUN-1"].endswith("a report under that claim the second.")
    assert all(sentence.endswith((".", "|", ":")) for sentence in sentences.values())


def test_the_openapi_document_has_the_calls_of_the_contract_and_its_version():
    document = yaml.safe_load((PROJECT / "docs" / "openapi.yaml").read_text())
    said = {
        (method.lower(), path.partition("?")[0])
        for row in re.findall(r"^\| .*\[C-API-\d+\].*$", PAGE, re.MULTILINE)
        for method, path in re.findall(r"`(GET|POST|PATCH) (/\S*?)`?[ `]", row.split(" | ")[0] + " ")
    }

    calls = {(method, path) for path, item in document["paths"].items() for method in item if method != "parameters"}
    assert calls == said
    assert f"Contract version {document['info']['version']}\n" in PAGE
