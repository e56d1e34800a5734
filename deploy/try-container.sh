#!/usr/bin/env bash
# Runs the image as it is meant to be run (read-only, no capability), has the lab call it, and stops it. Then
# again, to see that Python compiles nothing during a call, and that Azure Monitor's exporter is there:
#   docker build -f deploy/Dockerfile -t interlude:local . && docker build -f deploy/Dockerfile --target lab -t interlude-lab:local .
#   deploy/try-container.sh docker
# All on loopback: ports 8080 and 8180 to 8184 have to be free. ENGINE_ARGS are passed to the engine's `run`.
set -euo pipefail
cd "$(dirname "$0")"
read -ra engine <<<"${1:-docker}" # a program, maybe with options
read -ra more <<<"${ENGINE_ARGS:-}"
run=("${engine[@]}" run --detach --network host --read-only --cap-drop ALL --security-opt no-new-privileges
  --tmpfs /tmp --env-file lab.env "${more[@]}")

image=${INTERLUDE_IMAGE:-interlude:local}
most=200000000 # bytes
containers=()
finish() {
  for each in "${containers[@]}"; do "${engine[@]}" rm --force "$each" >/dev/null; done
}
trap finish EXIT

# Waits until a URL answers 200, for half a minute.
answers() {
  curl --fail --silent --show-error --retry 60 --retry-delay 1 --retry-max-time 30 --retry-all-errors --output /dev/null "$1"
}

lab=$("${run[@]}" --volume "$PWD/ring.py:/ring.py:ro" "${INTERLUDE_LAB_IMAGE:-interlude-lab:local}" \
  python3 -m bridge lab serve --access-key "$(sed -n 's/^ACS_ACCESS_KEY=//p' lab.env)" --ca /tmp/ca.pem --env /tmp/lab.env)
containers+=("$lab")
answers http://127.0.0.1:8184/health

# Starts the bridge, with further arguments of `run`, and waits until it takes calls.
serve() {
  bridge=$("${run[@]}" --tmpfs /var/cache/interlude --tmpfs /var/lib/interlude --env INTERLUDE_HOST=127.0.0.1 "$@" "$image")
  containers+=("$bridge")
  answers http://127.0.0.1:8080/health/ready
}

began=$(date +%s.%N)
serve
echo "ready after $(python3 -c "import time; print(round(time.time() - $began, 1))") s"

"${engine[@]}" exec "$lab" python3 /ring.py
"${engine[@]}" exec "$bridge" python3 -c "import pathlib; print('sbom:', pathlib.Path('/usr/share/sbom/interlude.cdx.json').stat().st_size, 'bytes')"

began=$(date +%s.%N)
"${engine[@]}" stop --time 60 "$bridge" >/dev/null
echo "stopped after $(python3 -c "import time; print(round(time.time() - $began, 1))") s"
ended=$("${engine[@]}" logs "$bridge" 2>&1 | grep -c '"event": "call.ended"' || true)
status=$("${engine[@]}" inspect --format '{{.State.ExitCode}}' "$bridge")
echo "calls ended: $ended; exit status $status"
[ "$ended" = 1 ] && [ "$status" = 0 ]

# All its files in one archive: each engine has its own idea of an image's size.
size=$("${engine[@]}" export "$bridge" | wc -c)
echo "size: $size bytes"
[ "$size" -lt $most ] || { echo "the image has more than $most bytes; docs/container.md says what they are" >&2; exit 1; }

serve --env PYTHONVERBOSE=1 --env OTEL_TRACES_EXPORTER=azure_monitor \
  --env "APPLICATIONINSIGHTS_CONNECTION_STRING=InstrumentationKey=f6004e6b-c6a0-5db7-b265-7e5553d4572c;IngestionEndpoint=http://127.0.0.1:9"
"${engine[@]}" exec "$lab" python3 /ring.py
"${engine[@]}" stop --time 60 "$bridge" >/dev/null
if "${engine[@]}" logs "$bridge" 2>&1 | grep --only-matching 'code object from /.*\.py$'; then
  echo "these were compiled while it ran: have deploy/bytecode.py import them" >&2
  exit 1
fi
