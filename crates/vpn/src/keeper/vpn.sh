#!/bin/sh
# Written by mosipctl; changes are overwritten.
# Makes WireGuard and its rules as the files say, without the peers whose time is over. Nobody else's tunnel is cut.
# [check] INTERFACE
set -eu
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH
umask 077
does=mend
[ "$1" != check ] || { does=check; shift; }
interface=$1
file=/etc/wireguard/$interface.conf
rules=/etc/wireguard/$interface.nft
table=mosipctl_$(echo "$interface" | tr - _)
# a copy of the rules that were loaded last
loaded=/run/mosipctl/$interface.nft

if [ ! -e "/sys/class/net/$interface" ]; then
  [ $does = mend ] || echo "$interface is not up"
  exit 0
fi

# the file without peers whose time is over, and without what only wg-quick reads
wanted() {
  awk -v now="$(date -u +%Y-%m-%dT%H:%M:%SZ)" '
    /^# .*, until / { end = $NF; next }
    /^\[/ { over = $0 == "[Peer]" && end != "" && end <= now; end = "" }
    over || /^#/ || /^(Address|PostUp|PostDown) / { next }
    { print }' "$file"
}
peers() { awk '/^PublicKey/ { key = $3 } /^AllowedIPs/ { print key "\t" $3 }' | sort; }

differs() {
  [ "$(wanted | peers)" = "$(wg show "$interface" allowed-ips | sort)" ] || echo "$interface knows other peers"
  [ "$(wanted | awk '/^PrivateKey/ { print $3 }' | wg pubkey)" = "$(wg show "$interface" public-key)" ] ||
    echo "$interface has another key"
  [ "$(wanted | awk '/^ListenPort/ { print $3 }')" = "$(wg show "$interface" listen-port)" ] ||
    echo "$interface listens at another port"
}
rules_differ() {
  cmp -s "$rules" "$loaded" && nft list table inet "$table" > /dev/null 2>&1 || echo "its rules are not loaded"
}

if [ $does = check ]; then
  differs
  rules_differ
  exit 0
fi
# the rules first: whoever may not come in any more reaches nothing from here on
if [ -n "$(rules_differ)" ]; then
  nft -f "$rules"
  mkdir -p /run/mosipctl
  cp "$rules" "$loaded"
fi
[ -z "$(differs)" ] || wanted | wg syncconf "$interface" /dev/stdin
