# whenever RKE2 starts it renews what ends within 90 days, within 120 since 1.33
rke2=/var/lib/rancher/rke2
[ -e $rke2/agent/client-kubelet.crt ] || { echo absent; exit 0; }
for file in $rke2/agent/*.crt $rke2/server/tls/*.crt $rke2/server/tls/etcd/*.crt; do
  case $file in *'*'* | *-ca.crt | *-ca.nochain.crt) continue ;; esac
  openssl x509 -noout -checkend 2592000 -in "$file" > /dev/null 2>&1 || { echo "its certificate ${file##*/} ends within 30 days"; break; }
done
