#!/usr/bin/env bash
# Starts the service on a read-only file system.
. "$(dirname "$0")/common.sh"

mkdir "$directory/logs"
mount -t tmpfs -o ro,uid=$user,gid=$user,mode=750 none "$directory/logs"
start
wait "$pid" && code=0 || code=$?
pid=
check 'exit code on a read-only file system' "$code" 1
check 'lines of the message that say so' "$(grep -c 'is on a read-only file system' "$directory/output")" 1

mount -o remount,rw "$directory/logs"
start
check 'status of an event once it is writable' "$(send 1)" 200
