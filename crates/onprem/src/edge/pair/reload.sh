# Gives keepalived its configuration when it is a good one; it keeps its addresses meanwhile.
set -eu
PATH=$PATH:/usr/sbin:/sbin
said=$(keepalived --config-test --use-file /etc/keepalived/keepalived.conf 2>&1) || {
  printf '%s\n' "$said" | tail -n 5 >&2
  exit 1
}
systemctl reload-or-restart keepalived
mkdir -p /var/lib/mosipctl
echo @DIGEST@ > /var/lib/mosipctl/keepalived
