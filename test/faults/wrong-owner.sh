#!/usr/bin/env bash
# Starts the service as a user who has no write permission in LOG_DIR.
. "$(dirname "$0")/common.sh"

mkdir -m 750 "$directory/logs"
start
wait "$pid" && code=0 || code=$?
pid=
check 'exit code with a directory of another user' "$code" 1
check 'lines of the message that name the command to fix it' \
  "$(grep -c "sudo chown -R $user:$user $directory/logs" "$directory/output")" 1

sh -c "$(sed -n 's/.*Fix it with: sudo //p' "$directory/output")"
start
check 'status of an event after running that command' "$(send 1)" 200

kill -TERM "$pid"
wait "$pid"
chown 0:0 "$directory/logs/tickets.jsonl"
start
wait "$pid" && code=0 || code=$?
pid=
check 'exit code with a log file of another user' "$code" 1
