"""All settings in one frozen object, with their limits and what they mean. `loading` makes one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator, model_validator

from stream.config.inputs import PLACE, Inputs, conflict, feeds, parsed, template
from stream.config.light import DEFAULTS, HTTP_HOST, HTTP_PORT, Footers, NoText
from stream.config.paths import path_of, paths_of
from stream.config.properties import OURS, Properties, missing_for_login, parse_properties
from stream.config.registry import bad_url, contradiction
from stream.config.written import bad_address

TopicName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9._-]{1,249}$")]


class Settings(BaseModel):
    """Everything that can be set. Names end in their unit; every field is `STREAM_` plus its name."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    # Where
    bootstrap_servers: str = Field(
        "localhost:9092", min_length=1, description="addresses of Kafka's brokers: host:port, separated by commas"
    )
    input_topic: str = Field(
        "articles.raw",
        description="topic that raw articles are read from; several with commas between, or a pattern from ^ to $",
    )
    output_topic: str = Field(
        "articles.clean",
        description="topic that cleaned articles are written to; {topic} in it stands for the name of the input topic",
    )
    dead_letter_topic: TopicName = Field("articles.dead", description="topic for records that cannot be cleaned")
    removed_topic: TopicName | None = Field(
        None, description="topic for what was removed from each article; unset: it is not kept"
    )
    sites: Literal["off", "propose", "apply"] = Field(
        "off",
        description="whether to learn from each site's articles what it repeats; propose: learn, and change nothing; "
        "apply: clean with it, too",
    )
    lines_topic: TopicName = Field("articles.lines", description="topic for what is to be learned from each article")
    sites_topic: TopicName = Field("articles.sites", description="topic for what is known of each site; compacted")
    counts_topic: TopicName = Field(
        "articles.counts", description="topic that the learner keeps its counts in; compacted"
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
        "earliest",
        description="where to begin reading when the group has not committed an offset of any input topic yet",
    )
    text_field: str = Field(
        DEFAULTS.text_field,
        min_length=1,
        description="JSON field that holds the article's text: a name, or a JSON Pointer such as /payload/after/body "
        "or /paragraphs/*/text; several texts are separated by commas",
    )
    source_field: str = Field(
        DEFAULTS.source_field,
        min_length=1,
        description="JSON field (a name or a JSON Pointer), or header, that names the site of an article; rules for "
        "some sites alone need it",
    )
    no_text: NoText = Field(
        DEFAULTS.no_text,
        description="what becomes of a record whose text is absent or null: a dead letter, or it goes on as it is",
    )
    input_format: Literal["auto", "json", "text", "registry"] = Field(
        "auto",
        description="format of the records; auto: JSON unless the content-type header is text/plain, or what a schema "
        "registry says if STREAM_REGISTRY_URL is set; registry: always that",
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
    # A schema registry
    registry_url: str | None = Field(
        None,
        description="addresses of a schema registry with Confluent's interface: URLs, separated by commas, which are "
        "tried in turn; unset: there is none",
    )
    registry_username: str | None = Field(None, description="user name for the registry (basic authentication)")
    registry_password: SecretStr | None = Field(None, description="password for the registry (basic authentication)")
    registry_token: SecretStr | None = Field(None, description="token for the registry (bearer authentication)")
    registry_oauth_token_url: str | None = Field(
        None, description="URL of the endpoint that gives tokens for the registry (OAuth client credentials)"
    )
    registry_oauth_client_id: str | None = Field(None, description="client id for the registry's tokens")
    registry_oauth_client_secret: SecretStr | None = Field(None, description="client secret for the registry's tokens")
    registry_oauth_scope: str | None = Field(None, description="scope to request for the registry's tokens")
    registry_logical_cluster: str | None = Field(
        None, description="logical cluster that goes with a token (Confluent Cloud)"
    )
    registry_identity_pool: str | None = Field(
        None, description="identity pool that goes with a token (Confluent Cloud)"
    )
    registry_ssl_ca: Path | None = Field(
        None, description="file with the authorities to trust; unset: those that come with Python's certifi"
    )
    registry_ssl_certificate: Path | None = Field(
        None, description="file with the client certificate for the registry (mutual TLS)"
    )
    registry_ssl_key: Path | None = Field(None, description="file with the private key of that certificate")
    registry_ssl_key_password: SecretStr | None = Field(None, description="password of that private key")
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
    http_host: str = Field(HTTP_HOST, description="address that the live page, health and metrics listen on")
    http_port: int = Field(
        HTTP_PORT, ge=0, le=65535, description="port of the live page, health and metrics; 0: no HTTP"
    )
    http_names: str = Field(
        "",
        description="names under which the live page is asked for, beside localhost and addresses, as through a proxy; "
        "separated by commas",
    )
    http_show_articles: bool = Field(
        default=False, description="whether the live page shows text of articles, as of dead letters"
    )
    http_allow_actions: bool = Field(
        default=False,
        description="whether the live page may send dead letters back, and approve or reject what is known of sites; "
        "it asks for no password",
    )
    log_format: Literal["text", "json"] = Field("text", description="format of log lines: for people or for machines")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="minimum log level")
    trace_propagate: Literal["keep", "child"] = Field(
        "keep",
        description="which trace context an article goes on with, where there are traces (OTEL_… variables): its own, "
        "or that of its cleaning's span",
    )

    @property
    def whole_page(self) -> bool:
        """Whether the model of the whole page decides where a footer begins."""
        return self.footers == "model"

    @property
    def inputs(self) -> Inputs:
        """The input topics."""
        return parsed(self.input_topic)

    @property
    def names_origin(self) -> bool:
        """Whether several input topics go to one output topic, so that a header has to name a record's own."""
        return not self.inputs.one and PLACE not in self.output_topic

    def output_for(self, topic: str | None) -> str:
        """The output topic for the records of an input topic."""
        return self.output_topic.replace(PLACE, topic or "")

    def topics(self, inputs: Sequence[str]) -> list[tuple[str, str]]:
        """All topics for these input topics, each with its role before it."""
        counts = [("counts", self.counts_topic)] if self.topics_of_sites else []
        return [*self.required_topics(inputs), *self.topics_of_sites, *counts]

    @property
    def topics_of_sites(self) -> list[tuple[str, str]]:
        """The topics that tie the worker to learners, each with its role before it. Articles go on without them."""
        return [] if self.sites == "off" else [("lines", self.lines_topic), ("sites", self.sites_topic)]

    def required_topics(self, inputs: Sequence[str]) -> list[tuple[str, str]]:
        """The topics that the worker cannot do without, each with its role. It writes to all but the inputs."""
        outputs = dict.fromkeys(map(self.output_for, inputs)) if PLACE in self.output_topic else [self.output_topic]
        roles = [*(("input", name) for name in inputs), *(("output", name) for name in outputs)]
        roles.append(("dead letter", self.dead_letter_topic))
        if self.removed_topic:
            roles.append(("removed", self.removed_topic))
        return roles

    @property
    def written_topics(self) -> str:
        """The topics that the worker writes to, as a list in a sentence."""
        return _listed([self.output_topic, self.dead_letter_topic, *filter(None, [self.removed_topic])])

    def why_not_read(self, topic: str) -> str:
        """Why the worker must not read this input topic, as a clause; empty if it may."""
        return feeds(self.inputs, self.output_for(topic), self._others)

    @property
    def _others(self) -> dict[str, str]:
        others = {"dead_letter_topic": self.dead_letter_topic, "removed_topic": self.removed_topic or ""}
        if self.sites != "off":
            others |= {
                "lines_topic": self.lines_topic, "sites_topic": self.sites_topic, "counts_topic": self.counts_topic
            }  # fmt: skip
        return {role: topic for role, topic in others.items() if topic}

    @field_validator("bootstrap_servers")
    @classmethod
    def _addresses(cls, value: str) -> str:
        addresses = [address.strip() for address in value.split(",") if address.strip()]
        msg = next(filter(None, map(bad_address, addresses)), "" if addresses else "it contains no address")
        if msg:
            raise ValueError(msg)
        return value

    @field_validator("text_field")
    @classmethod
    def _texts(cls, value: str) -> str:
        paths_of(value)
        return value

    @field_validator("source_field")
    @classmethod
    def _source(cls, value: str) -> str:
        if path_of(value).each >= 0:
            msg = f"{value} leads to several values, but an article is of one site"
            raise ValueError(msg)
        return value

    @field_validator("input_topic", mode="before")
    @classmethod
    def _input_topics(cls, value: object) -> object:
        text = ",".join(map(str, value)) if isinstance(value, list | tuple) else value
        if isinstance(text, str):
            parsed(text)
        return text

    @field_validator("output_topic")
    @classmethod
    def _output_topic(cls, value: str) -> str:
        return template(value)

    @field_validator("registry_url", "registry_oauth_token_url")
    @classmethod
    def _urls(cls, value: str | None) -> str | None:
        urls = [url.strip() for url in (value or "").split(",")]
        if value is not None and (msg := next(filter(None, map(bad_url, urls)), "")):
            raise ValueError(msg)
        return value and ",".join(urls)

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
        if wrong := conflict(self.input_topic, self.output_topic, self._others):
            raise ValueError(wrong)
        if self.security_protocol.startswith("sasl") and self.sasl_mechanism is None:
            msg = f"security_protocol {self.security_protocol} needs sasl_mechanism"
            raise ValueError(msg)
        if self.sasl_mechanism is not None and not self.security_protocol.startswith("sasl"):
            msg = f"sasl_mechanism {self.sasl_mechanism} needs security_protocol sasl_ssl or sasl_plaintext"
            raise ValueError(msg)
        if missing := missing_for_login(self.sasl_mechanism, dict(self), self.kafka_properties):
            msg = f"sasl_mechanism {self.sasl_mechanism} needs {missing}"
            raise ValueError(msg)
        if self.sites != "off" and self.delivery != "exactly_once":
            msg = f"sites {self.sites} needs delivery exactly_once: articles must not be counted twice"
            raise ValueError(msg)
        if msg := contradiction(dict(self)):
            raise ValueError(msg)
        for name in ("kafka_properties", "consumer_properties", "producer_properties"):
            for key in getattr(self, name):
                if key in OURS:
                    msg = f"{name} may not set {key}: {OURS[key]}"
                    raise ValueError(msg)
        return self


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
