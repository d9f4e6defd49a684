#!/usr/bin/env bash
# Fills a small file system under the running service, then makes room.
. "$(dirname "$0")/common.sh"

mkdir "$folder/logs"
mount -t tmpfs -o size=256k,uid=$user,gid=$user,mode=750 none "$folder/logs"
start

stored=0
status=200
for number in $(seq 300); do
  status=$(send "$number")
  [ "$status" = 200 ] || break
  stored=$number
done
check 'a full disk is answered with' "$status" 503
check 'its body' "$(cat "$folder/answer")" '{"error":"Event log unavailable"}'
check '/readyz meanwhile' "$(ready)" 503
check 'whole lines in the log, one for each 200 before' "$(lines)" "$stored"

mount -o remount,size=1m "$folder/logs"
check '/readyz as soon as there is room' "$(ready)" 200
check 'the refused event, sent again' "$(send "$((stored + 1))")" 200
check 'lines in the log then' "$(lines)" "$((stored + 1))"
