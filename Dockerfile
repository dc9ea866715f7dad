# One image, three commands: the API (`node dist/src/main.js`), the worker (`node dist/src/worker.js`) and, for trying
# things, the simulator of the payment provider (`node dist/simulator/main.js`).
FROM node:24.11.1-bookworm-slim AS build
WORKDIR /veltrix
COPY package.json package-lock.json ./
RUN npm install --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY src src
COPY contracts contracts
COPY workflows workflows
COPY activities activities
COPY simulator simulator
COPY stack stack
RUN node stack/build.mjs && npm prune --omit=dev --no-audit --no-fund

FROM node:24.11.1-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0
WORKDIR /veltrix
COPY --from=build /veltrix/package.json ./
COPY --from=build /veltrix/node_modules node_modules
COPY --from=build /veltrix/dist dist
COPY docs/errors.md docs/errors.md
RUN mkdir /var/lib/veltrix-simulator && chown node:node /var/lib/veltrix-simulator
USER node
EXPOSE 3000 3001 3010 3011
CMD ["node", "dist/src/main.js"]
