#!/bin/sh
# Written by mosipctl; changes are overwritten.
# Takes a snapshot of all that is in etcd and keeps the last @KEEP@. It prints where it is.
set -eu
umask 077
PATH=$PATH:/usr/local/bin
keep=@KEEP@
folder=/var/backups/mosipctl
state=/var/lib/mosipctl
mkdir -p "$folder" $state
# not in the folder: RKE2 takes every file there for a snapshot
exec 9> $state/snapshot.lock
flock -w 120 9
rke2 etcd-snapshot save --name mosipctl > $state/snapshot.said 2>&1 9>&- || { tail -n 5 $state/snapshot.said >&2; exit 1; }
rm -f $state/snapshot.said
# the youngest is the one; their names end with the time
taken() { find "$folder" -maxdepth 1 -type f -name 'mosipctl-*' -printf '%T@ %p\n' | sort -n | cut -d' ' -f2-; }
taken | head -n "-$keep" | while read -r old; do rm -f -- "$old"; done
taken | tail -n 1
