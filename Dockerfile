# The dashboard for a team, behind a reverse proxy that does TLS: docs/security.md.
#   docker build -t clif .
#   docker run --init --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#       -p 127.0.0.1:8501:8501 -v clif:/data -e CLIF_ALLOWED_HOSTS=clif.example.org clif
FROM python:3.12.11-slim-bookworm AS build
# pip's default build of PyTorch brings some GB of CUDA along. For a machine without a card, give the
#   index of its builds for the processor alone, which PyTorch's page on installing names:
#   --build-arg TORCH_INDEX=...
ARG TORCH_INDEX=
WORKDIR /source
RUN python -m venv /opt/clif
COPY constraints.txt .
RUN /opt/clif/bin/python -m pip install --no-cache-dir --no-deps ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} \
    "$(grep '^torch==' constraints.txt)"
COPY . .
RUN /opt/clif/bin/python -m pip install --no-cache-dir -c constraints.txt '.[sign-in]'

FROM python:3.12.11-slim-bookworm
# Only /data and /tmp are written to: compiled kernels are kept in the home.
ENV PATH=/opt/clif/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 CLIF_HOME=/data \
    NUMBA_CACHE_DIR=/data/kernels STREAMLIT_SERVER_ADDRESS=0.0.0.0
RUN useradd --no-create-home --home-dir /data --uid 10001 clif && install -d -o clif -g clif -m 700 /data
COPY --from=build /opt/clif /opt/clif
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["clif", "app", "--headless"]
