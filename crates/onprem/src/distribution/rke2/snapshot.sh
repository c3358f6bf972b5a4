#!/bin/sh
# Written by mosipctl; changes are overwritten.
# Takes a snapshot of all that is in etcd and keeps the last @KEEP@. It prints where it is.
set -eu
umask 077
PATH=$PATH:/usr/local/bin
keep=@KEEP@
folder=/var/backups/mosipctl
mkdir -p "$folder"
exec 9> "$folder/lock"
flock -w 120 9
rke2 etcd-snapshot save --name mosipctl > "$folder/said" 2>&1 9>&- || { tail -n 5 "$folder/said" >&2; exit 1; }
rm -f "$folder/said"
# the youngest is the one; their names end with the time
taken() { find "$folder" -maxdepth 1 -type f -name 'mosipctl-*' -printf '%T@ %p\n' | sort -n | cut -d' ' -f2-; }
taken | head -n "-$keep" | while read -r old; do rm -f -- "$old"; done
taken | tail -n 1
