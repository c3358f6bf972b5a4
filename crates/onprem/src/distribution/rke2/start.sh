# server or agent; what it is told beside its configuration comes in, nothing for the first server
set -eu
umask 077
LC_ALL=C
export LC_ALL
state=/var/lib/mosipctl
mkdir -p $state /etc/rancher/rke2/config.yaml.d
# a command that was cut off may still be at it
exec 9> $state/lock
flock -w 880 9
[ ! -e $state/member ] || [ ! -e /var/lib/rancher/rke2/agent/kubelet.kubeconfig ] || exit 0
: > $state/begun
# the token of a server stays good, so that it can start again; that of an agent runs out, and nobody asks for it once it is a node
more=$(cat)
[ -z "$more" ] || printf '%s\n' "$more" > /etc/rancher/rke2/config.yaml.d/50-join.yaml
cat /etc/rancher/rke2/config.yaml $state/rke2-unpacked | sha256sum > $state/rke2-runs
systemctl -q enable "rke2-$1" 9>&-
# it tries again by itself, and says that it runs when the node is there
timeout 870 systemctl start "rke2-$1" 9>&- || {
  journalctl -u "rke2-$1" -n 8 --no-pager -o cat >&2
  exit 1
}
: > $state/member
sync $state/member
