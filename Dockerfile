# The tap in an image of its own: `docker build -t tap-intercom-export .`
# How to use it, and what of it was tried and what was not: docs/docker.md
ARG PYTHON_VERSION=3.13

# not slim: it has the C compiler for the compiled encoder
FROM python:${PYTHON_VERSION} AS build
WORKDIR /source
COPY pyproject.toml hatch_build.py constraints.txt README.md LICENSE ./
COPY tap_intercom_export ./tap_intercom_export
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .
RUN python -m venv /opt/tap
RUN /opt/tap/bin/python -m pip install --no-cache-dir --constraint constraints.txt /wheels/tap_intercom_export-*.whl

FROM python:${PYTHON_VERSION}-slim
RUN useradd --system --create-home --uid 10001 tap
COPY --from=build /opt/tap /opt/tap
ENV PYTHONUNBUFFERED=1
USER tap
WORKDIR /home/tap
# exec form: the tap is process 1 and gets SIGTERM itself
ENTRYPOINT ["/opt/tap/bin/tap-intercom-export"]
CMD ["--help"]
