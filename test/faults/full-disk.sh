#!/usr/bin/env bash
# Fills a small file system while the service is running, then makes room.
. "$(dirname "$0")/common.sh"

mkdir "$directory/logs"
mount -t tmpfs -o size=256k,uid=$user,gid=$user,mode=750 none "$directory/logs"
start

stored=0
status=200
for number in $(seq 300); do
  status=$(send "$number")
  [ "$status" = 200 ] || break
  stored=$number
done
check 'status when the disk is full' "$status" 503
check 'body of that response' "$(cat "$directory/response")" '{"error":"Event log unavailable"}'
check '/readyz while the disk is full' "$(ready)" 503
check 'complete lines in the log, one per 200' "$(lines)" "$stored"

mount -o remount,size=1m "$directory/logs"
check '/readyz as soon as there is room' "$(ready)" 200
check 'status of the rejected event, sent again' "$(send "$((stored + 1))")" 200
check 'lines in the log after that' "$(lines)" "$((stored + 1))"
