# Starts the control plane of a host again.
set -eu
stopped=/etc/kubernetes/mosipctl-stopped
for part in etcd kube-apiserver kube-controller-manager kube-scheduler; do
  [ ! -e $stopped/$part.yaml ] || mv -f $stopped/$part.yaml /etc/kubernetes/manifests/$part.yaml
done
rmdir $stopped 2> /dev/null || :
