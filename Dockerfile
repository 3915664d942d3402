# Build: docker build -t gatewright .
# Run:   docker run -p 4000:4000 -v gatewright-data:/data -e OPENAI_API_KEY gatewright
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# With plugins in WebAssembly, which guardrails and hooks of a configuration may name.
RUN cargo build --release --locked --package gw-server --features wasm

FROM debian:bookworm-slim
# Upstreams are verified against the certificates in the binary; these serve `ca_file` settings and proxies.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin gatewright \
    && install -d -o gatewright -g gatewright -m 0700 /data
COPY --from=build /src/target/release/gatewright /usr/local/bin/gatewright
USER gatewright
# The journal and the store need a disk that outlives the container.
VOLUME /data
ENV GATEWRIGHT_LISTEN=0.0.0.0:4000 \
    GATEWRIGHT_DATA_DIR=/data
EXPOSE 4000
# SIGTERM drains: streams in flight get `shutdown_grace_seconds` (25 by default).
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/gatewright"]
CMD ["serve"]
