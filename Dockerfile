# The guest's image. `godel sandbox build` gathers `wheels/` and `library/` on the host and builds
# with no network: what is installed here was resolved by the host's own package configuration.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS packages
COPY wheels /wheels
RUN PYTHONPATH="$(echo /wheels/pip-*.whl)" python3 -m pip install --no-index --find-links /wheels \
        --requirement /wheels/requirements.txt --target /opt/godel/lib \
        --no-cache-dir --no-warn-script-location --root-user-action ignore --progress-bar off
LABEL godel.image=packages

FROM ${BASE_IMAGE}
# The root is read-only when it runs: bytecode that isn't there now is compiled again at every start.
RUN python3 -m compileall -q -x '/(test|tests|lib2to3|idlelib|site-packages|dist-packages)/' \
        "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
COPY --from=packages /opt/godel/lib /opt/godel/lib
COPY library /opt/godel/lib
RUN python3 -m compileall -q /opt/godel/lib/godel
LABEL godel.image=guest
USER 65534:65534
