# syntax=docker/dockerfile:1
# keywarden in a small image: the binary and nothing else, run by a user without rights.
#
#   docker build -t keywarden .
#   docker run --rm -p 8080:8080 -v "$PWD/config:/etc/keywarden:ro" keywarden
#
# Inside the container a listener must be on 0.0.0.0 (or [::]) to be reached from outside, and user 65532 must be able
# to read the folder, the credentials too. The admin listener stays on the container's own loopback.

FROM rust:1-bookworm AS build
WORKDIR /build
COPY . .
# The registry and the built dependencies are kept between builds; only what changed is compiled again.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked && cp target/release/keywarden /keywarden

FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="keywarden" \
      org.opencontainers.image.description="An enforcement gateway for admin APIs: digest keys, access lists, one decision a request" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /keywarden /keywarden
COPY LICENSE /LICENSE
USER nonroot
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["/keywarden", "--config", "/etc/keywarden", "status", "--ready"]
ENTRYPOINT ["/keywarden"]
CMD ["serve", "--config", "/etc/keywarden"]
