"""One frozen settings object, the only reader of the environment.

Where a value comes from, the strongest first: command options, `STREAM_…` environment variables, the
TOML file that `--config` or `STREAM_CONFIG` names, the default. `Loaded` says for each value which of them it was.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

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

from stream.config.light import DEFAULTS, HTTP_HOST, HTTP_PORT, PREFIX, TEST_PREFIX, Footers
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
from stream.errors import SettingsError, unreadable

NAMES = "`article-stream settings` lists them."
# Read by the command line itself: it names the settings file.
OTHER_NAMES = ("STREAM_CONFIG",)

TopicName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9._-]{1,249}$")]


class Settings(BaseModel):
    """Everything that can be set. Names end in their unit; every field is `STREAM_` plus its name."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    # Where
    bootstrap_servers: str = Field(
        "localhost:9092", min_length=1, description="addresses of Kafka's brokers: host:port, separated by commas"
    )
    input_topic: TopicName = Field("articles.raw", description="topic that raw articles are read from")
    output_topic: TopicName = Field("articles.clean", description="topic that cleaned articles are written to")
    dead_letter_topic: TopicName = Field("articles.dead", description="topic for records that cannot be cleaned")
    removed_topic: TopicName | None = Field(
        None, description="topic for what was removed from each article; unset: it is not kept"
    )
    # Who
    group_id: str = Field(
        "article-stream", min_length=1, description="consumer group; transactional ids begin with it, too"
    )
    instance_id: str | None = Field(
        None,
        min_length=1,
        description="stable name of this worker (static group membership); unset: dynamic",
    )
    group_protocol: Literal["classic", "consumer"] = Field(
        "classic", description="rebalance protocol of the group; consumer is KIP-848 (Kafka 4.0 and later)"
    )
    # What
    delivery: Literal["exactly_once", "at_least_once"] = Field("exactly_once", description="delivery guarantee")
    start_at: Literal["earliest", "latest"] = Field(
        "earliest", description="where to begin reading when the group has not committed an offset of the topic yet"
    )
    text_field: str = Field(DEFAULTS.text_field, min_length=1, description="JSON field that holds the article's text")
    source_field: str = Field(
        DEFAULTS.source_field,
        min_length=1,
        description="JSON field, or header, that names the site of an article; rules for some sites alone need it",
    )
    input_format: Literal["auto", "json", "text"] = Field(
        "auto", description="format of the records; auto: JSON unless the content-type header is text/plain"
    )
    footers: Footers = Field(
        DEFAULTS.footers,
        description="how the beginning of a footer is found: by a model of the whole page, or only by a line that "
        "matches a rule",
    )
    rules: tuple[Path, ...] = Field(DEFAULTS.rules, description="your own rule files in TOML, separated by commas")
    # Kafka's security
    security_protocol: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = Field(
        "plaintext", description="protocol for connections to the brokers"
    )
    ssl_ca: Path | None = Field(None, description="file with the authorities to trust; unset: those of the system")
    ssl_certificate: Path | None = Field(None, description="file with the client certificate (mutual TLS)")
    ssl_key: Path | None = Field(None, description="file with the private key of the client (mutual TLS)")
    ssl_key_password: SecretStr | None = Field(None, description="password of the private key")
    ssl_verify_hostname: bool = Field(
        default=True, description="whether the certificate of a broker must match its host name"
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] | None = Field(
        None, description="SASL mechanism to log in with"
    )
    sasl_username: str | None = Field(None, description="user name (PLAIN, SCRAM)")
    sasl_password: SecretStr | None = Field(None, description="password (PLAIN, SCRAM)")
    sasl_oauth_token_url: str | None = Field(None, description="URL of the token endpoint (OAUTHBEARER)")
    sasl_oauth_client_id: str | None = Field(None, description="client id (OAUTHBEARER)")
    sasl_oauth_client_secret: SecretStr | None = Field(None, description="client secret (OAUTHBEARER)")
    sasl_oauth_scope: str | None = Field(None, description="scope to request (OAUTHBEARER)")
    # Any librdkafka property
    kafka_properties: Properties = Field(
        {}, repr=False, description="librdkafka properties for every client: name=value, separated by commas"
    )
    consumer_properties: Properties = Field({}, repr=False, description="librdkafka properties for the consumer")
    producer_properties: Properties = Field({}, repr=False, description="librdkafka properties for the producer")
    # How much, how long
    compression: Literal["none", "gzip", "snappy", "lz4", "zstd"] = Field(
        "lz4", description="compression of the records written"
    )
    batch_max_records: int = Field(1000, ge=1, le=100_000, description="maximum number of records in one transaction")
    batch_max_bytes: int = Field(8_000_000, ge=1, description="maximum bytes of input in one transaction")
    fetch_buffer_bytes: int = Field(
        8_000_000, ge=1_000_000, description="maximum bytes that are fetched but not processed yet"
    )
    session_timeout_ms: int = Field(6_000, ge=1_000, description="a worker silent for this long loses its partitions")
    transaction_timeout_ms: int = Field(
        30_000, ge=1_000, description="the broker aborts a transaction that stays open for this long"
    )
    startup_timeout_s: float = Field(15.0, gt=0, description="how long to wait for Kafka at the start")
    shutdown_timeout_s: float = Field(25.0, gt=0, description="time for a clean stop, after which the process ends")
    stall_timeout_s: float = Field(
        60.0, gt=0, description="liveness fails when a partition with waiting records makes no progress for this long"
    )
    # To be seen
    http_host: str = Field(HTTP_HOST, description="address that the health and metrics pages listen on")
    http_port: int = Field(HTTP_PORT, ge=0, le=65535, description="port of the health and metrics pages; 0: no HTTP")
    log_format: Literal["text", "json"] = Field("text", description="format of log lines: for people or for machines")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="minimum log level")

    @property
    def whole_page(self) -> bool:
        """Whether the model of the whole page decides where a footer begins."""
        return self.footers == "model"

    @property
    def topics(self) -> dict[str, str]:
        """The topics by their role; the input comes first, the worker writes to the others."""
        topics = {"input": self.input_topic, "output": self.output_topic, "dead letter": self.dead_letter_topic}
        return topics | ({"removed": self.removed_topic} if self.removed_topic else {})

    @property
    def written_topics(self) -> str:
        """The topics that the worker writes to, as a list in a sentence."""
        return _listed(list(self.topics.values())[1:])

    @field_validator("bootstrap_servers")
    @classmethod
    def _addresses(cls, value: str) -> str:
        addresses = [address.strip() for address in value.split(",") if address.strip()]
        msg = next(filter(None, map(bad_address, addresses)), "" if addresses else "it contains no address")
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
            msg = f"{which} must differ, but are {', '.join(topics.values())}"
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


class Origin(NamedTuple):
    """Where a value was set: the kind of place, and its name (`STREAM_HTTP_PORT`, `--config`'s `stream.toml:3`)."""

    source: Literal["option", "environment", "file", "default"]
    place: str = ""


class Loaded(NamedTuple):
    """The settings, and by name the origin of each value; what is not in `origins` is a default."""

    settings: Settings
    origins: Mapping[str, Origin]


def load(
    options: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    config: Path | None = None,
    options_from: Mapping[str, str] | None = None,
) -> Settings:
    """`load_with_origins`, without the origins."""
    return load_with_origins(options, environ=environ, config=config, options_from=options_from).settings


def load_with_origins(
    options: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    config: Path | None = None,
    options_from: Mapping[str, str] | None = None,
) -> Loaded:
    """The settings from all their sources. `options_from` says for an option's name how it was given.

    Raises `SettingsError` that names the setting, where it was set, the bad value (a secret's is not
    shown) and what is allowed.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    told: dict[str, str] = {}  # as an error names the place
    origins: dict[str, Origin] = {}
    named = environ.get("STREAM_CONFIG", "")
    if config is None and (wrong := blemish(named)):
        msg = f"STREAM_CONFIG is {named!r}: {wrong}."
        raise SettingsError(msg)
    path = config or (Path(named) if named else None)
    if path is not None:
        text = _read(path)
        for name, value in _parse_toml(path, text).items():
            require_known(name, f"{path}: {name}")
            values[name], told[name] = value, f"{name} in {path}"
            origins[name] = Origin("file", f"{path}:{_line_of(name, text)}")
    for name, variable, text in _variables(environ):
        values[name], told[name], origins[name] = text, variable, Origin("environment", variable)
    for name, value in (options or {}).items():
        if value is not None:
            values[name] = value
            told[name] = (options_from or {}).get(name, name)
            origins[name] = Origin("option", told[name])
    unset = require_well_written(values, told, Settings.model_fields, file=path)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise SettingsError(_explain(error, values, told)) from None
    return Loaded(settings, {name: origin for name, origin in origins.items() if name not in unset})


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


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(unreadable(f"The settings file {path}", error)) from None
    except UnicodeDecodeError as error:
        msg = f"The settings file {path} is not valid TOML: {error}."
        raise SettingsError(msg) from None


def _parse_toml(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomli.loads(text)
    except (tomli.TOMLDecodeError, RecursionError) as error:
        msg = f"The settings file {path} is not valid TOML: {error}."
        raise SettingsError(msg) from None


def _line_of(name: str, text: str) -> int:
    """The line of a TOML file, from 1 on, on which a key or the table with this name begins."""
    begins = re.compile(rf"\s*\[?\s*[\"']?{re.escape(name)}\b")
    return next((number for number, line in enumerate(text.split("\n"), 1) if begins.match(line)), 1)


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
            lines.append(f"The settings contradict each other: {what}.")
            continue
        shown = shown_value(Settings.model_fields[name], values.get(name))
        lines.append(f"{origin.get(name, name)} is {shown}: {what[:1].lower()}{what[1:]}.")
    return " ".join(lines)
