"""Changed rule files are read once they are stable."""

from __future__ import annotations

from pathlib import Path

from stream.worker.reload import Files


def test_files_that_are_being_written_do_not_count_yet(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    files = Files([path])
    looks = [files.have_changed(), files.have_changed()]
    assert looks == [False, True], "there is none: that has to be said"
    files.were_read()
    assert not files.have_changed()
    for part in ("", "[[rule]]", '[[rule]]\nid = "a"'):
        path.write_text(part, "utf-8")
        assert not files.have_changed(), part
    assert files.have_changed()
    files.were_read()
    assert not files.have_changed()


def test_files_that_change_while_they_are_read_are_read_again(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text("a", "utf-8")
    files = Files([path])
    files.have_changed()
    assert files.have_changed()
    path.write_text("b", "utf-8")
    files.were_read()
    looks = [files.have_changed(), files.have_changed()]
    assert looks == [False, True]


def test_files_that_are_changed_back_while_others_were_read_are_read_again(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text("a", "utf-8")
    files = Files([path])
    looks = [files.have_changed(), files.have_changed()]
    files.were_read()
    path.write_text("b", "utf-8")
    looks += [files.have_changed(), files.have_changed()]
    path.write_text("c", "utf-8")  # this is what the worker reads
    files.were_read()
    path.write_text("a", "utf-8")
    looks += [files.have_changed(), files.have_changed()]
    assert looks == [False, True] * 3
