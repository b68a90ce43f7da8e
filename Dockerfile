# The image of every seggql process: `serve` (the default), `worker` and `scheduler` differ only in their command.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml requirements.txt README.md hatch_build.py ./
COPY src src
COPY plugins plugins
COPY web web
# One environment of exactly the pinned releases. GraphiQL is built by the hook, with Node from PyPI.
RUN python -m venv /opt/seggql \
    && /opt/seggql/bin/python -m pip install --no-cache-dir --constraint requirements.txt '.[tracing]'

FROM python:3.11-slim-bookworm
RUN useradd --system --create-home --home-dir /var/lib/seggql seggql \
    && install -d -o seggql -g seggql /var/lib/seggql/exports
COPY --from=build /opt/seggql /opt/seggql
ENV PATH=/opt/seggql/bin:$PATH PYTHONUNBUFFERED=1 SEGGQL_EXPORT_DIR=/var/lib/seggql/exports
USER seggql
WORKDIR /var/lib/seggql
EXPOSE 8000
ENTRYPOINT ["seggql"]
CMD ["serve"]
