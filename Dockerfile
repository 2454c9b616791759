# The build needs compilers, the final image does not. Run with the capabilities of docker-compose.yml, not --privileged.
FROM debian:12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates npm && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
RUN setup/run && build/node "$(command -v npm)" prune --omit=dev --ignore-scripts \
    && cp --dereference build/node /usr/local/bin/node-24

FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libelf1 zlib1g && rm -rf /var/lib/apt/lists/*
COPY --from=build /usr/local/bin/node-24 /usr/local/bin/node
WORKDIR /opt/otel-tcpaccept
COPY --from=build /build/package.json /build/LICENSE ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY --from=build /build/build/tcpaccept.node build/tcpaccept.node
ENTRYPOINT ["node", "--max-semi-space-size=8", "/opt/otel-tcpaccept/dist/cli/main.js"]
