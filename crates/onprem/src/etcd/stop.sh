# Stops the control plane of a host and waits until it is gone. It says its name in etcd and where its peers find it.
set -eu
umask 077
PATH=$PATH:/usr/local/bin
state=/var/lib/mosipctl
manifests=/etc/kubernetes/manifests
stopped=/etc/kubernetes/mosipctl-stopped
exec 9> $state/lock
flock -w 60 9
mkdir -p $stopped
end() {
  for part in "$@"; do
    [ ! -e $manifests/$part.yaml ] || mv -f $manifests/$part.yaml $stopped/$part.yaml
  done
  for part in "$@"; do
    for container in $(ctr -n k8s.io containers ls -q "labels.\"io.kubernetes.container.name\"==$part"); do
      pid=$(ctr -n k8s.io tasks ls | awk -v it="$container" '$1 == it && $3 == "RUNNING" { print $2 }')
      # kubelet ends it; its end is awaited
      [ -z "$pid" ] || timeout 90 tail --pid="$pid" -s 0.2 -f /dev/null || { echo "$part does not end" >&2; exit 1; }
    done
  done
}
# an API server that has lost its etcd takes half a minute longer to end
end kube-apiserver kube-controller-manager kube-scheduler
end etcd
name=$(sed -n 's/^ *- --name=//p' $stopped/etcd.yaml)
peer=$(sed -n 's/^ *- --initial-advertise-peer-urls=//p' $stopped/etcd.yaml)
[ -n "$name" ] && [ -n "$peer" ] || { echo "etcd.yaml names no member" >&2; exit 1; }
printf 'member\t%s\t%s\n' "$name" "$peer"
