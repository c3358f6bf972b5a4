#!/bin/sh
# Joins the cluster. $1: control-plane or worker   $2: address of the load balancer   $3: address of this host
set -eu

# TICKET
umask 077
file=/run/join.yaml
cat >$file <<END
apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  bootstrapToken: {apiServerEndpoint: "$2:6443", token: $TOKEN, caCertHashes: ["$HASH"]}
nodeRegistration: {imagePullPolicy: IfNotPresent, ignorePreflightErrors: [SystemVerification]}
END
if [ "$1" = control-plane ]; then
    echo "controlPlane: {certificateKey: $KEY, localAPIEndpoint: {advertiseAddress: $3}}" >>$file
fi
log=/var/log/kubeadm.log
kubeadm join --config $file >$log 2>&1 || { tail -20 $log >&2; exit 1; }
rm $file
