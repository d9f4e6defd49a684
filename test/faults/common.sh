# What the scripts share: a folder that goes in the end, and the built service as an unprivileged user.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "This needs root: sudo $0"; exit 1; }

root=$(cd "$(dirname "$0")/../.." && pwd)
[ -f "$root/dist/main.js" ] || { echo 'There is no dist/. Run: npm run build'; exit 1; }
folder=$(mktemp -d)
chmod 755 "$folder"
# A copy that every user may read, wherever the project lies.
mkdir "$folder/app"
cp -R "$root/dist" "$root/node_modules" "$root/package.json" "$folder/app"
pid=
user=65534

finish() {
  if [ -n "$pid" ]; then
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  fi
  ! mountpoint -q "$folder/logs" || umount -l "$folder/logs"
  rm -rf "$folder"
}
trap finish EXIT

# Starts the service as the unprivileged user; its output goes to $folder/output.
start() {
  (
    cd "$folder"
    exec env WEBHOOK_SECRET=a-token-for-the-faults HOST=127.0.0.1 PORT=0 LOG_DIR="$folder/logs" "$@" \
      setpriv --reuid=$user --regid=$user --clear-groups node app/dist/main.js
  ) >"$folder/output" 2>&1 &
  pid=$!
  for _ in $(seq 100); do
    port=$(sed -n 's/.*listening at http:\/\/127\.0\.0\.1:\([0-9]*\).*/\1/p' "$folder/output")
    [ -z "$port" ] && kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.1
  done
}

# Sends event number $1 and prints the status.
send() {
  curl -s -o "$folder/answer" -w '%{http_code}' "http://127.0.0.1:$port/webhook" -H 'Authorization: Bearer a-token-for-the-faults' \
    -d "{\"event_type\":\"on_message_received\",\"message\":\"$(printf 'x%.0s' $(seq 2000))\",\"timestamp\":$1}"
}

ready() { curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/readyz"; }

lines() { jq -c . "$folder/logs/webhook_log.jsonl" | wc -l; }

# Says what holds, or ends with a failure.
check() {
  local what=$1 found=$2 expected=$3
  if [ "$found" = "$expected" ]; then echo "ok: $what: $found"; else
    echo "FAILED: $what: $found instead of $expected"
    cat "$folder/output"
    exit 1
  fi
}
