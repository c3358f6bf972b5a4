#!/bin/sh
# Written by mosipctl; changes are overwritten.
# The way to the pods of other nodes, and the rule by which pods reach what is outside the cluster.
set -eu
PATH=$PATH:/usr/sbin:/sbin
pods=@PODS@
# ours bear a number, so that those of nodes that are gone can be told from others'
ours=186
while read -r network way; do
  # the address of a host, or the interface of tunnels to all of them
  case $way in
    *[.:]*) ip route replace "$network" via "$way" proto $ours ;;
    *) ip route replace "$network" dev "$way" proto $ours ;;
  esac
done < /etc/mosipctl/routes
ip route show proto $ours | while read -r network _; do
  grep -q "^$network " /etc/mosipctl/routes || ip route del "$network" proto $ours
done
nft -f - << END
add table ip mosipctl_pods
delete table ip mosipctl_pods
table ip mosipctl_pods {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr $pods ip daddr != $pods oifname != "cni0" masquerade
  }
}
END
