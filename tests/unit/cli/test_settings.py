"""`article-stream settings`: every value, where it was set, and no secret."""

from __future__ import annotations

import json
from pathlib import Path

from harness.commands import article_stream
from stream.config.settings import Settings

SECRET = "hunter2-never-to-be-seen"  # noqa: S105 - made up


def test_json_says_for_every_setting_its_value_and_where_it_was_set(tmp_path: Path) -> None:
    file = tmp_path / "stream.toml"
    file.write_text('# mine\ngroup_id = "mine"\nhttp_port = 1\n\n[consumer_properties]\n"x.y" = 1\n', "utf-8")
    answer = article_stream(
        "settings", "--json", "--config", file, "--set", "log_level=debug", settings={"http_port": 7, "instance_id": ""}
    )
    assert answer.code == 0, answer
    found = json.loads(answer.out)
    assert list(found) == list(Settings.model_fields)
    assert found["group_id"] == {"value": "mine", "source": "file", "place": f"{file}:2"}
    assert found["consumer_properties"] == {"value": {"x.y": "***"}, "source": "file", "place": f"{file}:5"}
    assert found["http_port"] == {"value": 7, "source": "environment", "place": "STREAM_HTTP_PORT"}
    assert found["log_level"] == {"value": "debug", "source": "option", "place": "--set log_level"}
    assert found["log_format"] == {"value": "text", "source": "default", "place": None}
    assert found["instance_id"] == {"value": None, "source": "default", "place": None}, "an empty variable sets nothing"


def test_the_table_says_where_a_value_was_set(tmp_path: Path) -> None:
    file = tmp_path / "stream.toml"
    file.write_text('group_id = "mine"\n', "utf-8")
    answer = article_stream("settings", "--set", "http_port=9", settings={"config": file, "text_field": "body"})
    rows = {row.split()[0]: " ".join(row.split()[1:]) for row in answer.out.splitlines()}
    assert rows["STREAM_GROUP_ID"].startswith(f"mine {file}:1 ")
    assert rows["STREAM_HTTP_PORT"].startswith("9 --set http_port ")
    assert rows["STREAM_TEXT_FIELD"].startswith("body environment ")
    assert rows["STREAM_LOG_FORMAT"].startswith("text default ")


def test_json_shows_no_secret() -> None:
    secrets = {
        "sasl_password": SECRET,
        "ssl_key_password": SECRET,
        "sasl_oauth_client_secret": SECRET,
        "kafka_properties": f"ssl.key.pem={SECRET}",
        "producer_properties": f"sasl.password={SECRET}",
    }
    answer = article_stream("settings", "--json", settings=secrets)
    assert SECRET not in answer.out + answer.err
    found = json.loads(answer.out)
    assert found["sasl_password"]["value"] == "***"
    assert found["kafka_properties"]["value"] == {"ssl.key.pem": "***"}
