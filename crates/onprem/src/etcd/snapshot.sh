#!/bin/sh
# Written by mosipctl; changes are overwritten.
# Takes a snapshot of all that is in etcd, looks whether it is whole, and keeps the last @KEEP@. It prints where it is.
set -eu
umask 077
PATH=$PATH:/usr/local/bin
keep=@KEEP@
folder=/var/backups/mosipctl
pki=/etc/kubernetes/pki/etcd
mkdir -p "$folder"
exec 9> "$folder/lock"
flock -w 120 9
file=$folder/etcd-$(date -u +%Y-%m-%dT%H-%M-%SZ).db
etcdctl --endpoints https://127.0.0.1:2379 --cacert $pki/ca.crt --cert $pki/server.crt --key $pki/server.key \
  snapshot save "$file.new" > /dev/null 2>&1
etcdutl snapshot status "$file.new" > /dev/null
mv -f "$file.new" "$file"
sync "$file"
ls -1 "$folder"/etcd-*.db | sort | head -n "-$keep" | while read -r old; do rm -f -- "$old"; done
echo "$file"
