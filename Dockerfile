# The bot, and nothing that it does not need to run. SANDBOX=true adds the puppet's packages, for ENGINE=local.
FROM python:3.13-slim-bookworm AS build
ARG SANDBOX=false
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /app
COPY build.txt ./
RUN pip install --no-cache-dir --require-hashes -r build.txt
COPY pyproject.toml uv.lock README.md LICENSE ./
# Dependencies first: this layer stays while only the bot's own code changes.
RUN if [ "$SANDBOX" = true ]; then set -- --group sandbox; fi \
    && uv sync --frozen --no-default-groups --no-install-project "$@"
COPY bot bot
COPY handlers handlers
COPY storage storage
RUN if [ "$SANDBOX" = true ]; then set -- --group sandbox; fi \
    && uv sync --frozen --no-default-groups --no-editable "$@"
COPY deploy/trim.py deploy/trim.py
RUN .venv/bin/python deploy/trim.py

FROM python:3.13-slim-bookworm
RUN groupadd --gid 10001 emobot \
    && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin emobot \
    && install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=build /app/.venv /app/.venv
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 DATA_DIR=/data LISTEN=0.0.0.0:8080
WORKDIR /app
USER 10001:10001
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=8s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:' + os.environ['LISTEN'].rpartition(':')[2] + '/health', timeout=6)"]
# The process itself is started, not a shell around it, so that it gets the signals.
ENTRYPOINT ["emobot"]
CMD ["run"]
