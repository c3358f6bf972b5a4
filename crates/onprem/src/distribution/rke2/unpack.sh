set -eu
PATH=$PATH:/usr/local/bin
mkdir -p /var/lib/mosipctl
tar -xzf @TARBALL@ -C /usr/local
version=$(rke2 --version | sed -n 's/^rke2 version v\([^ ]*\).*/\1/p')
[ "$version" = "@VERSION@" ] || {
  echo "the tarball holds RKE2 $version, and the hosts file says @VERSION@" >&2
  exit 1
}
systemctl daemon-reload
echo @SHA256@ > /var/lib/mosipctl/rke2-unpacked
