# syntax=docker/dockerfile:1
# A static binary on an empty base, as a user without rights: `docker run --rm -v "$PWD:/src:ro" seclint scan`.
FROM rust:1.90-alpine3.22 AS build
WORKDIR /seclint
COPY Cargo.toml Cargo.lock build.rs ./
COPY rules rules
COPY schemas schemas
COPY benches benches
COPY src src
RUN apk add --no-cache musl-dev=~1.2 && cargo build --profile dist --locked --bin seclint

# With git, which answers what is tracked, staged and changed: `docker build --target with-git`.
FROM alpine:3.22 AS with-git
RUN apk add --no-cache git=~2
COPY --from=build /seclint/target/dist/seclint /usr/local/bin/seclint
WORKDIR /src
USER 10001:10001
ENTRYPOINT ["/usr/local/bin/seclint"]
CMD ["scan"]

# Nothing but the binary: a scan says that it does not know what git tracks.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /seclint/target/dist/seclint /usr/local/bin/seclint
WORKDIR /src
USER nonroot
ENTRYPOINT ["/usr/local/bin/seclint"]
CMD ["scan"]
