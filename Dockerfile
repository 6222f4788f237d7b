# Images of nashgan, each with the versions of requirements.lock.
#   docker build --target server -t nashgan-server .     MLflow's server for a team (compose.yaml)
#   docker build -t nashgan .                            the pipeline, for GPUs with CUDA and for CPUs
#   docker build --target cpu --build-arg TORCH_INDEX=ADDRESS -t nashgan-cpu .
#                                                        the pipeline with a smaller torch; ADDRESS: a package index of
#                                                        PyTorch's builds for CPUs
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS python
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONUNBUFFERED=1 MLFLOW_DISABLE_TELEMETRY=true
COPY requirements.lock /tmp/

FROM python AS server
RUN grep -vE '^torch(vision)?=' /tmp/requirements.lock >/tmp/versions \
 && pip install --constraint /tmp/versions mlflow boto3 psycopg2-binary
RUN useradd --uid 1000 --create-home mlflow
USER 1000
WORKDIR /home/mlflow
EXPOSE 5000
CMD ["mlflow", "server", "--host", "0.0.0.0"]

FROM python AS pipeline
# DVC keeps experiments in Git. A repository that is mounted may belong to another user.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git make \
 && rm -rf /var/lib/apt/lists/* \
 && git config --system --add safe.directory '*'
WORKDIR /nashgan
CMD ["bash"]

FROM pipeline AS cpu
ARG TORCH_INDEX
RUN sed -nE 's/^(torch|torchvision)===([0-9.]+).*/\1==\2/p' /tmp/requirements.lock >/tmp/torch \
 && grep -vE '^(torch|torchvision|triton|nvidia-[cn][a-z0-9-]+|cuda-[a-z]+)=' /tmp/requirements.lock >/tmp/others \
 && pip install --no-deps --requirement /tmp/others \
 && pip install --no-deps --index-url "${TORCH_INDEX:?a package index of PyTorch for CPUs}" --requirement /tmp/torch
COPY . .
RUN pip install --no-deps --editable .

FROM pipeline AS cuda
RUN pip install --no-deps --requirement /tmp/requirements.lock
COPY . .
RUN pip install --no-deps --editable .
