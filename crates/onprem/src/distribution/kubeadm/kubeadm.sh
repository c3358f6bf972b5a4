# What both ways of becoming a member begin with.
set -eu
umask 077
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin
export LC_ALL PATH
state=/var/lib/mosipctl
mkdir -p $state /etc/kubernetes
# a command that was cut off may still be at it
exec 9> $state/lock
flock -w 280 9
# Takes back what was begun. etcd's data goes with it: a member that comes back without its past, or with that of another life, is never in step.
clear() {
  rm -f $state/member
  kubeadm reset -f --skip-phases=remove-etcd-member --cri-socket unix:///run/containerd/containerd.sock > /dev/null 2>&1 9>&- || :
  [ ! -d /var/lib/etcd ] || find /var/lib/etcd -mindepth 1 -delete
}
# What kubeadm says goes to a file: it would end in the middle when the connection does and nobody listens any more.
# Of a failure the last words are told, those of etcd with them.
run() {
  kubeadm "$@" > $state/kubeadm.log 2>&1 9>&- || {
    code=$?
    grep -v -e '^{"level":"warn"' -e '--v=5' $state/kubeadm.log | tail -n 8 >&2
    cat /var/log/pods/kube-system_etcd-*/etcd/*.log 2> /dev/null | grep -E '"level":"(error|panic|fatal)"' | tail -n 1 | sed 's/^[^{]*/etcd says: /' >&2
    return $code
  }
  : > $state/member
  sync $state/member
}
