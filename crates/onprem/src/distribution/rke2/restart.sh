set -eu
now=$(cat /etc/rancher/rke2/config.yaml /var/lib/mosipctl/rke2-unpacked | sha256sum)
# loading all images may take longer than anybody waits here: what was begun is awaited the next time, not begun anew
[ "$now" = "$(cat /var/lib/mosipctl/rke2-runs 2> /dev/null)" ] || {
  systemctl restart --no-block rke2-@ROLE@
  echo "$now" > /var/lib/mosipctl/rke2-runs
}
timeout 280 systemctl start rke2-@ROLE@
