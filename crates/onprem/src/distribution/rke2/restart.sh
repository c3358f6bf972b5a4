set -eu
timeout 280 systemctl restart rke2-@ROLE@
cat /etc/rancher/rke2/config.yaml /var/lib/mosipctl/rke2-unpacked | sha256sum > /var/lib/mosipctl/rke2-runs
