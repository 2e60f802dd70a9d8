# The app alone. TLS is the business of the server before it: compose.yaml starts one.
FROM python:3.11.14-slim-bookworm

# Chromium draws the pictures of charts that readers take along.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends chromium \
    && rm -rf /var/lib/apt/lists/*

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp ESSAIM_HOME=/var/lib/essaim

RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin essaim \
    && install -d -o essaim -g essaim -m 0700 /var/lib/essaim

WORKDIR /app

COPY requirements.txt ./
RUN python -m pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.txt

COPY app.py LICENSE ./
COPY .streamlit .streamlit/
COPY access access/
COPY charts charts/
COPY data data/
COPY locale locale/
COPY metrics metrics/
COPY pages pages/
COPY publish publish/
COPY ui ui/
COPY words words/

USER 10001:10001
VOLUME ["/var/lib/essaim"]
EXPOSE 8501

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8501/healthz', timeout=4)"]

# The address: in a container other machines means the one server before the app, on a network of their own.
CMD ["python", "-m", "streamlit", "run", "app.py", "--server.address", "0.0.0.0", "--server.port", "8501"]
