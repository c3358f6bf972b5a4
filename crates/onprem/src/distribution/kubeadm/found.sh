# complaints that do not count, own address; the configuration comes in
cat > /etc/kubernetes/mosipctl.yaml
[ ! -e $state/member ] || [ ! -e /etc/kubernetes/kubelet.conf ] || exit 0
address=$2
whole() {
  set -- --kubeconfig /etc/kubernetes/admin.conf --server "https://$address:6443"
  kubectl "$@" get --raw /readyz > /dev/null 2>&1 &&
    kubectl "$@" -n kube-system get deployment/coredns daemonset/kube-proxy > /dev/null 2>&1
}
if [ -e $state/begun ] && whole; then
  : > $state/member
  exit 0
fi
# nobody has joined it and nothing is in it: the next step comes only when this one is done
[ ! -e $state/begun ] || clear
: > $state/begun
run init --config /etc/kubernetes/mosipctl.yaml --ignore-preflight-errors="$1" --skip-token-print
