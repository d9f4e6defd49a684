#!/usr/bin/env bash
# Starts the service on a read-only file system.
. "$(dirname "$0")/common.sh"

mkdir "$folder/logs"
mount -t tmpfs -o ro,uid=$user,gid=$user,mode=750 none "$folder/logs"
start
wait "$pid" && code=0 || code=$?
pid=
check 'a read-only file system, exit code' "$code" 1
check 'lines of the message that say so' "$(grep -c 'is on a read-only file system' "$folder/output")" 1

mount -o remount,rw "$folder/logs"
start
check 'once it is writable, it starts and stores' "$(send 1)" 200
