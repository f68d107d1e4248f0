#!/bin/sh
# Says in one sentence what is missing for containers here, with `build` also for building them; nothing, when nothing is.
if ! command -v docker >/dev/null 2>&1; then
  echo "There is no docker command here: install Docker Engine 25 or newer with its buildx and compose plugins." >&2
  exit 1
fi
if ! docker info >/dev/null 2>&1; then
  echo "There is a docker command, but no Docker engine answers it: start the engine, or let DOCKER_HOST name one." >&2
  exit 1
fi
if [ "${1-}" = build ] && ! docker buildx version >/dev/null 2>&1; then
  echo "The docker command has no buildx plugin: deploy/images/Dockerfile needs BuildKit." >&2
  exit 1
fi
