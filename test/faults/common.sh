# Shared by the scripts: a temporary directory, and the built service running as an unprivileged user.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "This needs root. Run: sudo $0"; exit 1; }

root=$(cd "$(dirname "$0")/../.." && pwd)
[ -f "$root/dist/main.js" ] || { echo 'There is no dist/. Run: npm run build'; exit 1; }
directory=$(mktemp -d)
chmod 755 "$directory"
# A copy that every user can read, wherever the project is.
mkdir "$directory/app"
cp -R "$root/dist" "$root/node_modules" "$root/package.json" "$directory/app"
pid=
user=65534

cleanup() {
  if [ -n "$pid" ]; then
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  fi
  ! mountpoint -q "$directory/logs" || umount -l "$directory/logs"
  rm -rf "$directory"
}
trap cleanup EXIT

# Starts the service as the unprivileged user, with its output in $directory/output.
start() {
  (
    cd "$directory"
    exec env WEBHOOK_SECRET=a-token-for-the-faults HOST=127.0.0.1 PORT=0 LOG_DIR="$directory/logs" "$@" \
      setpriv --reuid=$user --regid=$user --clear-groups node app/dist/main.js
  ) >"$directory/output" 2>&1 &
  pid=$!
  for _ in $(seq 100); do
    port=$(sed -n 's/.*"url":"http:\/\/127\.0\.0\.1:\([0-9]*\).*"msg":"listening".*/\1/p' "$directory/output")
    [ -z "$port" ] && kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.1
  done
}

# Sends event number $1 and prints the status code.
send() {
  curl -s -o "$directory/response" -w '%{http_code}' "http://127.0.0.1:$port/webhook" -H 'Authorization: Bearer a-token-for-the-faults' \
    -d "{\"event_type\":\"on_message_received\",\"message\":\"$(printf 'x%.0s' $(seq 2000))\",\"timestamp\":$1}"
}

ready() { curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/readyz"; }

lines() { jq -c . "$directory/logs/webhook_log.jsonl" | wc -l; }

# Prints the result of a check; exits if it failed.
check() {
  local what=$1 actual=$2 expected=$3
  if [ "$actual" = "$expected" ]; then echo "ok: $what: $actual"; else
    echo "FAILED: $what: expected $expected, got $actual"
    cat "$directory/output"
    exit 1
  fi
}
