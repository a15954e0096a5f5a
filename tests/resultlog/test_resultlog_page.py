"""The page in a real browser: it shows the decision, the ten test cases and a Then table, on a phone too, and prints."""

import html
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from support.record.evidence import Before, Cause
from support.record.reading import read
from support.resultlog.merging import merge
from support.resultlog.publishing import write
from tests.resultlog.test_resultlog_data import LOCATIONS, make_run

BROWSER = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-pdf-header-footer",
]  # fmt: skip
MEASURE = "<script>document.body.dataset.wide = document.scrollingElement.scrollWidth - window.innerWidth</script>"
BROWSER_SECONDS = 60
MOST_PAGES = 15
"""Of a log without its annex."""

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine; install one to look at the page")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_run(tmp_path_factory.mktemp("reports"), failing={LOCATIONS["TC-03"][0]})
    write(merge([read(folder)]), folder)
    return folder / "result-log.html"


def browse(tmp_path: Path, page: Path, *arguments: str) -> str:
    done = subprocess.run(
        [BROWSER, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", *arguments, page.as_uri()],
        capture_output=True, text=True, timeout=BROWSER_SECONDS, check=True,
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize("width", [1200, 500])
def test_what_a_person_sees(page, tmp_path, width):
    copy = tmp_path / "page.html"
    copy.write_text(page.read_text(encoding="utf-8").replace("</body>", f"{MEASURE}</body>"), encoding="utf-8")

    shown = browse(tmp_path, copy, f"--window-size={width},900", "--dump-dom")
    text = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", shown)))

    assert "✗ BLOCKED – no canary run" in text
    for number in range(1, 11):
        assert re.search(rf"2\.{number} TC-{number:02d}: ", text), number
    assert "Field Expected Actual Kill switch detected Yes Yes Index created No No" in text
    assert "fail_reason kill_switch ✗ something else" in text
    assert int(re.search(r'data-wide="(-?\d+)"', shown)[1]) <= 0, "nothing is wider than the window"


def printed(tmp_path: Path, page: Path) -> bytes:
    paper = tmp_path / "page.pdf"
    browse(tmp_path, page, f"--print-to-pdf={paper}")
    return paper.read_bytes()


def pages(content: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", content))


def test_it_prints(page, tmp_path):
    content = printed(tmp_path, page)
    assert content.startswith(b"%PDF")
    assert pages(content) <= MOST_PAGES
    sizes = {
        tuple(round(float(number)) for number in box.split()) for box in re.findall(rb"/MediaBox \[([^\]]+)\]", content)
    }
    assert sizes == {(0, 0, 595, 842)}, "A4"


@pytest.mark.parametrize("red", [False, True])
def test_all_that_is_signed_is_one_page(tmp_path, red):
    """Also where every test case is red, each for a long reason."""
    locations = [its[0] for its in LOCATIONS.values()] if red else []
    causes = {one: {"cause": Cause("worker 1", "rule broken", "R-10", f"{one} {'word ' * 80}")} for one in locations}
    before = Before("20260101-000000-aaaaaa", "APPROVED", dict.fromkeys(LOCATIONS, "PASS"), {"Agent": "1.0"})
    folder = make_run(tmp_path, failing=locations, records=causes, before=before)
    write(merge([read(folder)]), folder)
    text, front = (folder / "result-log.html").read_text(encoding="utf-8"), tmp_path / "front.html"
    front.write_text(text[: text.index("</header>")], encoding="utf-8")

    assert pages(printed(tmp_path, front)) == 1
