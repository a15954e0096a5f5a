"""The page of the rules says what the code says."""

from support.contract import VERSION
from support.judgement.rules import RULES
from support.settings import PROJECT


def test_every_rule_stands_in_its_page_as_in_the_code():
    page = (PROJECT / "docs" / "rules.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| R-")]

    assert rows == [
        f"| {rule.id} | {rule.severity} | {', '.join(rule.of)} | {rule.english} | {rule.thai} |"
        for _, rule in sorted(RULES.items())
    ]


def test_the_contract_has_the_version_that_verdicts_name():
    page = (PROJECT / "docs" / "contract.md").read_text(encoding="utf-8")

    assert f"\nContract version {VERSION}\n" in page
    assert f"\n- **{VERSION}** " in page, "and the list of changes begins with it"
