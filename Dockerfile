# Build: docker build -t digireply-webhook-receiver:1.0.0 .   Run: see docs/deploy.md

# Compiles dist/, which needs the development packages.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && chmod 755 dist/cli/receiver.js

# The production packages.
FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts

FROM node:24-slim
ENV NODE_ENV=production
ENV LOG_DIR=/data/logs
WORKDIR /app
# The service needs no package manager.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn-* \
  && cd /usr/local/bin && rm -f npm npx corepack yarn yarnpkg
COPY package.json ./
# A label cannot read package.json, so the build fails if they differ.
ARG VERSION=1.0.0
RUN node -e "const { version } = require('/app/package.json'); if (version !== process.env.VERSION) throw new Error('VERSION in the Dockerfile must be that of package.json, ' + version)"
LABEL org.opencontainers.image.title="digireply-webhook-receiver" \
  org.opencontainers.image.description="Receives DigiReply webhooks, stores each event safely, and answers the bot." \
  org.opencontainers.image.version=$VERSION
COPY --from=packages /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# For docker exec receiver digireply-receiver send on_ticket_created
RUN ln -s /app/dist/cli/receiver.js /usr/local/bin/digireply-receiver

# The only directory that the service writes to. A new volume inherits its owner and mode.
RUN install --directory --owner=node --group=node --mode=0750 /data/logs
VOLUME /data/logs

USER node
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "-e", "require(process.env.TLS_CERT_FILE ? 'https' : 'http').get({ port: process.env.PORT || 3000, host: '127.0.0.1', path: '/healthz', rejectUnauthorized: false }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
# Without a shell or npm in between, so that signals reach the service.
CMD ["node", "dist/main.js"]
