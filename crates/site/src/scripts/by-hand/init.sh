#!/bin/sh
# Begins the cluster on the first control plane and prints what others must know to join.
# $1: version   $2: address of this host   $3: address of the load balancer
set -eu

mkdir -p /etc/kubernetes
cat >/etc/kubernetes/kubeadm.yaml <<END
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: $2}
nodeRegistration: {imagePullPolicy: IfNotPresent, ignorePreflightErrors: [SystemVerification]}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v$1
controlPlaneEndpoint: $3:6443
networking: {podSubnet: 10.244.0.0/16, serviceSubnet: 10.96.0.0/12}
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
END
umask 077
log=/var/log/kubeadm.log
kubeadm init --config /etc/kubernetes/kubeadm.yaml --upload-certs >$log 2>&1 || { tail -20 $log >&2; exit 1; }
found() { grep -o -e "$1" $log | head -1 | cut -d' ' -f2; }
token=$(found 'token [a-z0-9.]*')
# Who joins before the cluster has signed what the token is good for waits five seconds. The part before the dot is no secret.
signed="jsonpath={.data.jws-kubeconfig-${token%.*}}"
kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-public \
    wait --for="$signed" --timeout=60s configmap/cluster-info >/dev/null
echo "TOKEN=$token"
echo "HASH=$(found 'ca-cert-hash sha256:[0-9a-f]*')"
echo "KEY=$(found 'certificate-key [0-9a-f]*')"
