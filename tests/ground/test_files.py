"""Files are whole or as they were; a run's files say their format, and no other is read."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.files import shown, write_whole
from support.record.envelope import FORMAT, BadEvidence
from support.record.reading import read, read_all
from support.settings import PROJECT
from tests.resultlog.test_resultlog_data import LOCATIONS, change, make_run


def test_text_and_bytes_are_written_into_a_new_folder(tmp_path):
    write_whole(tmp_path / "new" / "a", "ก้ำ")
    write_whole(tmp_path / "new" / "b", b"\x00")

    assert (tmp_path / "new" / "a").read_text("utf-8") == "ก้ำ"
    assert (tmp_path / "new" / "b").read_bytes() == b"\x00"


def test_a_write_that_fails_leaves_the_file_as_it_was_and_nothing_beside_it(tmp_path, monkeypatch):
    file = tmp_path / "a"
    write_whole(file, "before")

    def full(path: Path, content: bytes) -> None:
        with path.open("wb") as out:
            out.write(content[:3])
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(file, "after it")

    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_whoever_writes_at_once_the_file_is_that_of_one(tmp_path):
    contents = [f"{number}" * 100_000 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda content: write_whole(tmp_path / "a", content), contents * 4))

    assert (tmp_path / "a").read_text() in contents
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_paths_are_shown_as_people_type_them():
    assert shown(PROJECT / "reports" / "latest") == "reports/latest"
    assert shown(f"{PROJECT}/reports") == "reports"
    assert shown("/elsewhere/x") == "/elsewhere/x"


def test_every_file_of_a_run_says_its_format(tmp_path):
    folder = make_run(tmp_path)

    for file in (folder / "run.json", *(folder / "evidence").iterdir()):
        assert json.loads(file.read_text("utf-8"))["format"] == FORMAT


@pytest.mark.parametrize(("written_in", "words"), [(None, "has no format"), (FORMAT + 1, f"is of format {FORMAT + 1}")])
@pytest.mark.parametrize("which", ["run.json", "evidence"])
def test_another_format_is_refused_in_one_line_that_says_what_to_do(tmp_path, which, written_in, words):
    folder = make_run(tmp_path)
    file = folder / which if which == "run.json" else change(folder, LOCATIONS["TC-05"][0], lambda record: None)
    content = json.loads(file.read_text("utf-8"))
    content["format"] = written_in
    file.write_text(
        json.dumps({name: value for name, value in content.items() if value is not None or name != "format"})
    )

    with pytest.raises(BadEvidence) as caught:
        read(folder)
    assert str(caught.value) == (
        f"{file}: {words}, and this version of the suite reads format {FORMAT}:"
        " use the version that wrote it, or run the scenarios again"
    )


def test_a_newer_format_is_named_though_its_records_have_other_parts(tmp_path):
    folder = make_run(tmp_path)
    (folder / "run.json").write_text('{"format": 99, "history": []}')

    with pytest.raises(BadEvidence, match="is of format 99"):
        read(folder)


def test_what_is_read_is_what_was_written(tmp_path):
    folder = make_run(tmp_path)
    record = read_all(folder / "evidence")[0]
    written = json.loads((folder / record.path).read_text("utf-8"))

    assert record.started.isoformat() == written["started"]
    assert [vars(row) for row in record.observations] == written["observations"]
    assert record.duration_s == written["duration_s"] == 1.0


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("time_zone", "Mars/Olympus"),
        ("started", "2026-01-01T00:00:00"),
        ("selected", "x"),
        ("pre_checks", [{"item": "x"}]),
    ],
)
def test_a_record_of_a_run_of_another_shape_is_one_line(tmp_path, key, value):
    folder = make_run(tmp_path)
    content = json.loads((folder / "run.json").read_text("utf-8"))
    (folder / "run.json").write_text(json.dumps({**content, key: value}))

    with pytest.raises(BadEvidence, match=f"run.json: has not the shape of such a record: {key}") as caught:
        read(folder)
    assert "\n" not in str(caught.value)
