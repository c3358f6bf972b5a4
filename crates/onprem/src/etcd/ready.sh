# Waits until the API server of a host answers.
server=$(sed -n 's/^ *- --advertise-address=//p' /etc/kubernetes/manifests/kube-apiserver.yaml)
case $server in *:*) server="[$server]" ;; esac
timeout 120 sh -c "until kubectl --server=https://$server:6443 get --raw /readyz > /dev/null 2>&1; do sleep 1; done"
