# Two stages: the compiler stays in the first. Runs as an unprivileged user, on a read-only root file system, and writes
# to /tmp only.
FROM rust:1.91-slim-bookworm AS rust

FROM python:3.13.9-slim-bookworm AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
# The compiled core needs Rust, and a linker.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
COPY --from=rust /usr/local/cargo /usr/local/cargo
COPY --from=rust /usr/local/rustup /usr/local/rustup
ENV CARGO_HOME=/usr/local/cargo \
    RUSTUP_HOME=/usr/local/rustup \
    PATH=/usr/local/cargo/bin:$PATH
RUN python -m venv /opt/article-stream
# The dependencies come first, so that a change of the source does not install them again.
COPY requirements.lock ./
RUN /opt/article-stream/bin/pip install --require-hashes --no-deps -r requirements.lock
COPY pyproject.toml setup.py README.md LICENSE ./
COPY native native
COPY stream stream
# Without the compiled core the image would be forty times slower, so that is an error here.
RUN STREAM_REQUIRE_COMPILED=1 /opt/article-stream/bin/pip install --no-deps . && /opt/article-stream/bin/pip check

FROM python:3.13.9-slim-bookworm
LABEL org.opencontainers.image.title="article-stream" \
      org.opencontainers.image.description="Cleans news articles from one Kafka topic to another, exactly once" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/article-stream /opt/article-stream
ENV PATH=/opt/article-stream/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STREAM_HTTP_HOST=0.0.0.0 \
    STREAM_LOG_FORMAT=json
WORKDIR /tmp
# By number, so that Kubernetes can see that it is not root (runAsNonRoot).
USER 10001:10001
EXPOSE 6066
# Alive, not ready: a worker that waits for Kafka should be left alone; one that makes no progress should be restarted.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["article-stream", "health"]
ENTRYPOINT ["article-stream"]
CMD ["worker"]
