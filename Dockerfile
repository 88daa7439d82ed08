# The dashboard for a team, behind a reverse proxy that does TLS and sign-in: docs/security.md.
#   docker build -t clif .
#   docker run -p 127.0.0.1:8501:8501 -v clif:/data -e CLIF_ALLOWED_HOSTS=clif.example.org clif
FROM python:3.12.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 CLIF_HOME=/data STREAMLIT_SERVER_ADDRESS=0.0.0.0

RUN useradd --create-home --uid 10001 clif && install -d -o clif -g clif -m 700 /data
WORKDIR /app
COPY . .
RUN python -m pip install --no-cache-dir -c constraints.txt .

USER clif
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["clif", "app", "--headless"]
