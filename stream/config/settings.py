"""One frozen settings object, the only reader of the environment.

Where a value comes from, the strongest first: command options, `STREAM_…` environment variables, the
TOML file that `--config` or `STREAM_CONFIG` names, the default.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import tomli
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from stream.config.properties import OURS, Properties, missing_for_login, parse_properties
from stream.config.written import (
    LINKED,
    SERVICE_ADDRESS,
    SERVICE_LINK,
    bad_address,
    blemish,
    require_well_written,
    shown_value,
)
from stream.errors import SettingsError

PREFIX = "STREAM_"
NAMES = "`article-stream settings` lists them."
# Read by the tests or by the command line itself, not by the worker.
OTHER_NAMES = ("STREAM_CONFIG",)
TEST_PREFIX = "STREAM_TEST_"

TopicName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9._-]{1,249}$")]


class Settings(BaseModel):
    """Everything that can be set. Names end in their unit; every field is `STREAM_` plus its name."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    # Where
    bootstrap_servers: str = Field(
        "localhost:9092", min_length=1, description="Kafka's addresses, host:port, with commas"
    )
    input_topic: TopicName = Field("articles.raw", description="raw articles are read here")
    output_topic: TopicName = Field("articles.clean", description="cleaned articles go here")
    dead_letter_topic: TopicName = Field("articles.dead", description="records that can not be cleaned go here")
    removed_topic: TopicName | None = Field(
        None, description="what was removed from each article goes here; unset: nowhere"
    )
    # Who
    group_id: str = Field(
        "article-stream", min_length=1, description="consumer group; also the prefix of transactional ids"
    )
    instance_id: str | None = Field(
        None, min_length=1, description="a stable name of this worker (static membership); unset: dynamic membership"
    )
    group_protocol: Literal["classic", "consumer"] = Field(
        "classic", description="the group's rebalance protocol; consumer is KIP-848 (Kafka 4.0 and later)"
    )
    # What
    delivery: Literal["exactly_once", "at_least_once"] = Field("exactly_once", description="the delivery guarantee")
    start_at: Literal["earliest", "latest"] = Field(
        "earliest", description="where a new group begins, which has committed nothing of the topic"
    )
    text_field: str = Field("text", min_length=1, description="the JSON field that holds the article's text")
    source_field: str = Field(
        "source",
        min_length=1,
        description="the JSON field, or the header, that names an article's site, for your rules",
    )
    input_format: Literal["auto", "json", "text"] = Field(
        "auto", description="auto: JSON unless the content-type header says text/plain"
    )
    footers: Literal["model", "markers"] = Field(
        "model",
        description="where a footer begins: where a model of the whole page says, or only at a line that a rule finds",
    )
    rules: tuple[Path, ...] = Field((), description="rule files of your own, TOML, with commas")
    # Kafka's security
    security_protocol: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = Field(
        "plaintext", description="how to talk to the brokers"
    )
    ssl_ca: Path | None = Field(None, description="file with the certificate authority to trust; unset: the system's")
    ssl_certificate: Path | None = Field(None, description="file with the client's certificate (mutual TLS)")
    ssl_key: Path | None = Field(None, description="file with the client's private key (mutual TLS)")
    ssl_key_password: SecretStr | None = Field(None, description="password of the private key")
    ssl_verify_hostname: bool = Field(
        default=True, description="whether the broker's certificate has to carry its host name"
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] | None = Field(
        None, description="how to log in"
    )
    sasl_username: str | None = Field(None, description="user name (PLAIN, SCRAM)")
    sasl_password: SecretStr | None = Field(None, description="password (PLAIN, SCRAM)")
    sasl_oauth_token_url: str | None = Field(None, description="token endpoint of the identity provider (OAUTHBEARER)")
    sasl_oauth_client_id: str | None = Field(None, description="client id (OAUTHBEARER)")
    sasl_oauth_client_secret: SecretStr | None = Field(None, description="client secret (OAUTHBEARER)")
    sasl_oauth_scope: str | None = Field(None, description="scope to ask for (OAUTHBEARER)")
    # Any librdkafka property
    kafka_properties: Properties = Field(
        {}, repr=False, description="librdkafka properties for every client: name=value, with commas"
    )
    consumer_properties: Properties = Field({}, repr=False, description="librdkafka properties for the consumer")
    producer_properties: Properties = Field({}, repr=False, description="librdkafka properties for the producer")
    # How much, how long
    compression: Literal["none", "gzip", "snappy", "lz4", "zstd"] = Field(
        "lz4", description="compression of the output"
    )
    batch_max_records: int = Field(1000, ge=1, le=100_000, description="most records in one transaction")
    batch_max_bytes: int = Field(8_000_000, ge=1, description="most bytes of input in one transaction")
    fetch_buffer_bytes: int = Field(
        8_000_000, ge=1_000_000, description="most bytes fetched ahead and not yet processed"
    )
    session_timeout_ms: int = Field(6_000, ge=1_000, description="a worker silent for so long loses its partitions")
    transaction_timeout_ms: int = Field(
        30_000, ge=1_000, description="the broker aborts a transaction open for so long"
    )
    startup_timeout_s: float = Field(15.0, gt=0, description="how long to wait for Kafka at start")
    shutdown_timeout_s: float = Field(25.0, gt=0, description="how long a stop may take; then the process ends")
    stall_timeout_s: float = Field(
        60.0, gt=0, description="a partition with records that moves not for so long is not live"
    )
    # To be seen
    http_host: str = Field("127.0.0.1", description="where health and metrics listen")
    http_port: int = Field(6066, ge=0, le=65535, description="their port; 0: no HTTP")
    log_format: Literal["text", "json"] = Field("text", description="log lines for people or for machines")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="the least important line logged"
    )

    @property
    def whole_page(self) -> bool:
        """Whether the tail model decides where a footer begins."""
        return self.footers == "model"

    @property
    def topics(self) -> dict[str, str]:
        """Our topics by their role; the input comes first, the others are written to."""
        topics = {"input": self.input_topic, "output": self.output_topic, "dead letter": self.dead_letter_topic}
        return topics | ({"removed": self.removed_topic} if self.removed_topic else {})

    @property
    def written_topics(self) -> str:
        """The topics that are written to, for a sentence."""
        return _listed(list(self.topics.values())[1:])

    @field_validator("bootstrap_servers")
    @classmethod
    def _addresses(cls, value: str) -> str:
        addresses = [address.strip() for address in value.split(",") if address.strip()]
        msg = next(filter(None, map(bad_address, addresses)), "" if addresses else "it holds no address")
        if msg:
            raise ValueError(msg)
        return value

    @field_validator("rules", mode="before")
    @classmethod
    def _paths(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("kafka_properties", "consumer_properties", "producer_properties", mode="before")
    @classmethod
    def _properties(cls, value: object) -> Mapping[str, str]:
        return parse_properties(value)

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        topics = self.topics
        if len(set(topics.values())) < len(topics):
            which = _listed([f"{role.replace(' ', '_')}_topic" for role in topics])
            msg = f"{which} have to differ, and are {', '.join(topics.values())}"
            raise ValueError(msg)
        if self.security_protocol.startswith("sasl") and self.sasl_mechanism is None:
            msg = f"security_protocol {self.security_protocol} needs sasl_mechanism"
            raise ValueError(msg)
        if self.sasl_mechanism is not None and not self.security_protocol.startswith("sasl"):
            msg = f"sasl_mechanism {self.sasl_mechanism} needs security_protocol sasl_ssl or sasl_plaintext"
            raise ValueError(msg)
        if missing := missing_for_login(self.sasl_mechanism, dict(self), self.kafka_properties):
            msg = f"sasl_mechanism {self.sasl_mechanism} needs {missing}"
            raise ValueError(msg)
        for name in ("kafka_properties", "consumer_properties", "producer_properties"):
            for key in getattr(self, name):
                if key in OURS:
                    msg = f"{name} may not set {key}: {OURS[key]}"
                    raise ValueError(msg)
        return self


def load(
    options: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    config: Path | None = None,
    options_from: Mapping[str, str] | None = None,
) -> Settings:
    """The settings, from all their sources. `options_from` says for an option's name how it was given.

    Raises `SettingsError` that names the setting, where it was set, the bad value (a secret's is not
    shown) and what is allowed.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    named = environ.get("STREAM_CONFIG", "")
    if config is None and (wrong := blemish(named)):
        msg = f"STREAM_CONFIG is {named!r}: {wrong}."
        raise SettingsError(msg)
    path = config or (Path(named) if named else None)
    if path is not None:
        for name, value in _read_toml(path).items():
            require_known(name, f"{path}: {name}")
            values[name], origin[name] = value, f"{name} in {path}"
    for name, variable, text in _variables(environ):
        values[name], origin[name] = text, variable
    for name, value in (options or {}).items():
        if value is not None:
            values[name] = value
            origin[name] = (options_from or {}).get(name, name)
    require_well_written(values, origin, Settings.model_fields, file=path)
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingsError(_explain(error, values, origin)) from None


def _variables(environ: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """The settings of the environment: name, variable, value. Raises `SettingsError` for a variable that is none."""
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable in OTHER_NAMES or variable.startswith(TEST_PREFIX):
            continue
        name = variable[len(PREFIX) :].lower()
        known, link = name in Settings.model_fields, SERVICE_LINK.fullmatch(variable)
        if link and "KUBERNETES_SERVICE_HOST" in environ and (not known or SERVICE_ADDRESS.match(text)):
            continue  # a service named stream-http writes its address where our port may stand
        if link and not known:
            msg = f"{variable} is not a setting."
            raise SettingsError(msg, fix=LINKED)
        require_known(name, variable, PREFIX)
        yield name, variable, text


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomli.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"The settings file {path} can not be read: {error.strerror}."
        raise SettingsError(msg) from None
    except (tomli.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        msg = f"The settings file {path} is not valid TOML: {error}."
        raise SettingsError(msg) from None


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def require_known(name: str, shown: str, prefix: str = "") -> None:
    """Raises `SettingsError` with the nearest name where there is no such setting; `shown` is how it was written."""
    if name in Settings.model_fields:
        return
    near = difflib.get_close_matches(name, Settings.model_fields, n=1, cutoff=0.5)
    spelled = (prefix + near[0]) if near else ""
    hint = f"Did you mean {spelled.upper() if prefix else spelled}?" if near else NAMES
    msg = f"{shown} is not a setting."
    raise SettingsError(msg, fix=hint)


def _explain(error: ValidationError, values: Mapping[str, Any], origin: Mapping[str, str]) -> str:
    lines = []
    for item in error.errors(include_url=False):
        name = str(item["loc"][0]) if item["loc"] else ""
        what = item["msg"].removeprefix("Value error, ")
        if not name:
            lines.append(f"The settings do not fit together: {what}.")
            continue
        shown = shown_value(Settings.model_fields[name], values.get(name))
        lines.append(f"{origin.get(name, name)} is {shown}: {what[:1].lower()}{what[1:]}.")
    return " ".join(lines)
