"""The commands that need no Kafka, and what the others say where there is none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from harness.commands import ROOT, Answer, article_stream, environment, one_sentence
from harness.fakes import BODY, CLEAN, OTHER, REPEATED
from harness.processes import free_port
from stream.config.light import PREFIX
from stream.config.settings import Settings
from stream.core import native
from stream.core.removals import original

SECRET = "hunter2-never-to-be-seen"  # noqa: S105 - made up


def test_text_from_standard_input_is_cleaned_to_standard_output() -> None:
    summary = "1 article: 1 cleaned, 0 unchanged, 0 failed; removed 1 repeated paragraph, 3 footer lines\n"
    assert article_stream("clean", stdin=REPEATED.encode()) == Answer(0, CLEAN, summary)


def test_cleaning_again_changes_nothing() -> None:
    assert article_stream("clean", "-", stdin=f"{CLEAN}\r\n".encode()).out == f"{CLEAN}\r\n"


def test_files_are_read_in_the_format_that_their_names_tell(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(REPEATED, "utf-8")
    raw, cleaned = ('{ "n":1.0,"text":TEXT }\n'.replace("TEXT", json.dumps(text)) for text in (REPEATED, CLEAN))
    (tmp_path / "b.json").write_text(raw, "utf-8")
    (tmp_path / "c.JSONL").write_text(f'{{"text":["{BODY}","{BODY}"]}}\n\n{{"text":"x"}}\n', "utf-8")
    answer = article_stream("clean", "--quiet", tmp_path / "a.txt", tmp_path / "b.json", tmp_path / "c.JSONL")
    assert answer == Answer(0, f'{CLEAN}\n{cleaned}{{"text":["{BODY}"]}}\n{{"text":"x"}}\n', "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("where", ["output", "removed"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_full_disk_is_one_sentence(where: str, jobs: int) -> None:
    full = Path("/dev/full")
    keep = ["--removed", full] if where == "removed" else []
    with full.open("wb") if where == "output" else Path(os.devnull).open("wb") as out:
        command = [sys.executable, "-m", "stream", "clean", "--jobs", str(jobs), *map(str, keep)]
        ended = subprocess.run(
            command, input=REPEATED.encode(), stdout=out, stderr=subprocess.PIPE, env=environment(),
            timeout=120, check=False, cwd=ROOT,
        )  # fmt: skip
    assert ended.returncode == 1
    said = "error: The system reports: No space left on device. The output written so far is incomplete."
    assert ended.stderr.decode().splitlines() == [said]


def test_the_format_can_be_given(tmp_path: Path) -> None:
    path = tmp_path / "articles.txt"
    path.write_bytes(orjson.dumps({"text": REPEATED}) + b"\n")
    assert orjson.loads(article_stream("clean", "--format", "jsonl", path).out) == {"text": CLEAN}


def test_another_field() -> None:
    value = orjson.dumps({"text": REPEATED, "body": REPEATED})
    answer = article_stream("clean", "-f", "json", stdin=value, settings={"text_field": "body"})
    assert orjson.loads(answer.out) == {"text": REPEATED, "body": CLEAN}
    assert article_stream("clean", "-f", "json", "--set", "text_field=body", stdin=value) == answer


def test_what_was_removed_is_written_to_a_file_and_undoes_it(tmp_path: Path) -> None:
    lines = [orjson.dumps({"text": text}) for text in (REPEATED, CLEAN, REPEATED.split("\n"))]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines))
    answer = article_stream("clean", "--removed", tmp_path / "removed.jsonl", tmp_path / "a.jsonl")
    cleaned = [orjson.loads(line)["text"] for line in answer.out.splitlines()]
    first, third = (tmp_path / "removed.jsonl").read_bytes().splitlines()
    assert [orjson.loads(line)["line"] for line in (first, third)] == [1, 3]
    assert original(first, cleaned[0]) == REPEATED
    assert original(third, cleaned[2]) == REPEATED.split("\n")
    before = (tmp_path / "a.jsonl").read_bytes()
    said = one_sentence(article_stream("clean", "--removed", tmp_path / "a.jsonl", tmp_path / "a.jsonl"), 2)
    assert "one of the files to clean" in said
    assert (tmp_path / "a.jsonl").read_bytes() == before
    said = one_sentence(article_stream("clean", "--removed", tmp_path, stdin=b"x"), 1)
    assert said == f"{tmp_path} cannot be written: Is a directory."


def test_explain_shows_what_went_and_why() -> None:
    answer = article_stream("clean", "--explain", stdin=REPEATED.encode())
    assert answer.out.splitlines() == [
        f"  {BODY}",
        f"  {OTHER}",
        f"- {BODY}  [repeats line 1]",
        "- You may also like  [footer: en.also-like]",
        "- Five stations worth a stop  [footer: en.also-like]",
        "- Ferry stops for the winter  [footer: en.also-like]",
    ]


def test_a_bad_line_goes_out_as_it_came_is_named_and_the_exit_code_is_1(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    path.write_bytes(b'{"text":"a"}\nnot json\n{"text":"b"}\n{"id":1}\n')
    answer = article_stream("clean", path)
    assert answer.code == 1
    assert answer.out == '{"text":"a"}\nnot json\n{"text":"b"}\n{"id":1}\n'
    first, second, summary, error = answer.err.splitlines()
    assert summary == "4 articles: 0 cleaned, 2 unchanged, 2 failed"
    assert first.startswith(f"{path}:2: the value is not JSON")
    assert second == f"{path}:4: the object has no field 'text'"
    assert error == "error: 2 records could not be cleaned and went out unchanged."


def test_the_last_line_needs_no_line_end() -> None:
    answer = article_stream("clean", "-f", "jsonl", stdin=b'{"text":"a"}\n{"text":"b"}')
    assert answer.out == '{"text":"a"}\n{"text":"b"}'


def test_a_file_that_is_not_there() -> None:
    assert one_sentence(article_stream("clean", "none.txt"), 1) == "none.txt cannot be read: No such file or directory."


def test_a_name_that_does_not_tell_the_format() -> None:
    message = one_sentence(article_stream("clean", "articles"), 2)
    assert message == "The name of articles does not tell its format. Say --format text, json or jsonl."


def test_a_format_that_is_not_known() -> None:
    assert "xml is not known. It is text, json or jsonl." in one_sentence(article_stream("clean", "-f", "xml"), 2)


@pytest.mark.parametrize("command", ["clean", "worker", "check", "settings"])
def test_an_unknown_setting_is_one_sentence_and_2(command: str) -> None:
    message = one_sentence(article_stream(command, settings={"INPUT_TOPIK": "x"}), 2)
    assert message == "STREAM_INPUT_TOPIK is not a setting. Did you mean STREAM_INPUT_TOPIC?"


def test_a_bad_value_is_one_sentence_and_2() -> None:
    message = one_sentence(article_stream("worker", "--http-port", "99999"), 2)
    assert message.startswith("--http-port is 99999: ")


def test_an_unknown_name_in_set_is_refused_without_its_value() -> None:
    message = one_sentence(article_stream("clean", "--set", f"sasl_pasword={SECRET}"), 2)
    assert message == "--set sasl_pasword: this is not a setting. Did you mean sasl_password?"
    assert SECRET not in message


def test_a_bad_value_in_set_is_told_as_it_was_given() -> None:
    message = one_sentence(article_stream("clean", "--set", "http_port=x"), 2)
    assert message.startswith("--set http_port is 'x': ")


def test_a_rule_file_that_is_wrong_is_one_sentence_and_2(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[[rule]]\nid = "x"\nkind = "nothing"\n', "utf-8")
    message = one_sentence(article_stream("clean", settings={"rules": path}), 2)
    assert "STREAM_RULES" in message
    assert "mine.toml" in message


def test_a_configuration_file(tmp_path: Path) -> None:
    path = tmp_path / "stream.toml"
    path.write_text('text_field = "body"', "utf-8")
    value = orjson.dumps({"body": REPEATED})
    assert orjson.loads(article_stream("clean", "-f", "json", "--config", path, stdin=value).out) == {"body": CLEAN}


@pytest.mark.parametrize(
    "command",
    [("worker",), ("topics", "create"), ("dead-letters", "list"), ("dead-letters", "show", "0:0")],
)
def test_a_wrong_address_is_one_sentence_and_1(command: tuple[str, ...]) -> None:
    server = f"127.0.0.1:{free_port()}"
    answer = article_stream(*command, settings={"bootstrap_servers": server, "startup_timeout_s": 0.5})
    assert answer.code == 1
    assert "Traceback" not in answer.err
    error = [line for line in answer.err.splitlines() if line.startswith("error: ")]
    assert error[-1].startswith(f"error: No answer from Kafka at {server} while ")


def test_check_without_a_broker_says_so_and_ends_with_1() -> None:
    server = f"127.0.0.1:{free_port()}"
    answer = article_stream("check", "-b", server, settings={"startup_timeout_s": 0.5})
    assert answer.code == 1
    *good, bad = answer.out.splitlines()
    assert [line.partition(":")[0] for line in good[:2]] == ["✓ settings", "✓ rules"]
    slow = "! core: in Python, at a fortieth of the speed."
    assert good[2].startswith("✓ core: compiled" if native.compiled else slow)
    assert bad.startswith(f"✗ broker: No answer from Kafka at {server}")


def test_send_names_a_missing_file_before_it_sends_anything(tmp_path: Path) -> None:
    there = tmp_path / "there.txt"
    there.write_text("x", "utf-8")
    message = one_sentence(article_stream("send", there, tmp_path / "none.txt"), 1)
    assert message == f"{tmp_path / 'none.txt'} cannot be read: No such file or directory."


def test_settings_lists_every_setting_with_its_value_and_no_secret() -> None:
    secrets = {
        "sasl_password": SECRET,
        "ssl_key_password": SECRET,
        "sasl_oauth_client_secret": SECRET,
        "kafka_properties": f"ssl.key.pem={SECRET}",
        "producer_properties": f"sasl.password={SECRET}",
    }
    answer = article_stream("settings", settings={**secrets, "group_id": "my-group"})
    assert answer.code == 0
    lines = {line.split()[0]: line for line in answer.out.splitlines()}
    assert {PREFIX + name.upper() for name in Settings.model_fields} <= set(lines)
    assert "my-group" in lines["STREAM_GROUP_ID"]
    assert "***" in lines["STREAM_SASL_PASSWORD"]
    assert SECRET not in answer.out + answer.err


@pytest.mark.parametrize(
    "command", [(), ("clean",), ("worker",), ("send",), ("check",), ("topics", "create"), ("dead-letters", "list")]
)
def test_every_command_has_help(command: tuple[str, ...]) -> None:
    answer = article_stream(*command, "--help")
    assert answer.code == 0
    assert "Usage:" in answer.out


def test_the_version() -> None:
    answer = article_stream("--version")
    assert answer.code == 0
    assert answer.out.startswith("article-stream ")
