# RKE2 renews what ends within 90 days whenever it starts
[ -e /var/lib/rancher/rke2/server/tls/serving-kube-apiserver.crt ] || { echo absent; exit 0; }
command -v openssl > /dev/null || exit 0
for file in /var/lib/rancher/rke2/server/tls/*.crt /var/lib/rancher/rke2/server/tls/etcd/*.crt; do
  case $file in *-ca.crt | *-ca.nochain.crt) continue ;; esac
  openssl x509 -noout -checkend 2592000 -in "$file" > /dev/null 2>&1 || { echo "its certificate ${file##*/} ends within 30 days"; break; }
done
