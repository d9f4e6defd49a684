#!/usr/bin/env bash
# Starts the service as a user who may not write to LOG_DIR.
. "$(dirname "$0")/common.sh"

mkdir -m 750 "$folder/logs"
start
wait "$pid" && code=0 || code=$?
pid=
check 'a folder of another user, exit code' "$code" 1
check 'lines of the message that name the command which mends it' \
  "$(grep -c "sudo chown -R $user:$user $folder/logs" "$folder/output")" 1

sh -c "$(sed -n 's/.*Fix it with: sudo //p' "$folder/output")"
start
check 'after that command, it starts and stores' "$(send 1)" 200

kill -TERM "$pid"
wait "$pid"
chown 0:0 "$folder/logs/tickets.jsonl"
start
wait "$pid" && code=0 || code=$?
pid=
check 'a log file of another user, exit code' "$code" 1
