#!/bin/sh
# Makes a host fit to be a node: forwarding, containerd, kubelet. $1: version of Kubernetes
set -eu

echo 'net.ipv4.ip_forward = 1' >/etc/sysctl.d/90-nodes.conf
sysctl -q -p /etc/sysctl.d/90-nodes.conf

pause=$(kubeadm config images list --kubernetes-version "v$1" | grep /pause:)
# restrict_oom_score_adj: where this machine may not lower the score, no pod would start.
cat >/etc/containerd/config.toml <<END
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$pause"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
END

cat >/etc/systemd/system/kubelet.service <<'END'
[Unit]
Description=kubelet
After=containerd.service

[Service]
Environment=KUBELET_KUBECONFIG_ARGS="--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=/usr/local/bin/kubelet $KUBELET_KUBECONFIG_ARGS --config=/var/lib/kubelet/config.yaml $KUBELET_KUBEADM_ARGS
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload
systemctl enable -q kubelet
systemctl restart containerd
