# Says when certificates of a control plane, and of any node of RKE2, end, in kubeadm's own form; nothing where there is none.
PATH=$PATH:/usr/local/bin
if [ -e /etc/kubernetes/pki/apiserver.crt ]; then
  kubeadm certs check-expiration -o json 2> /dev/null
  exit
fi
rke2=/var/lib/rancher/rke2
[ -e $rke2/agent/client-kubelet.crt ] && command -v openssl > /dev/null || exit 0
between=
printf '{"certificates": ['
for file in $rke2/agent/*.crt $rke2/server/tls/*.crt $rke2/server/tls/etcd/*.crt; do
  end=$(openssl x509 -noout -enddate -in "$file" 2> /dev/null) || continue
  end=$(date -u -d "${end#notAfter=}" +%Y-%m-%dT%H:%M:%SZ)
  name=${file##*/}
  printf '%s{"name": "%s", "expirationDate": "%s"}' "$between" "${name%.crt}" "$end"
  between=', '
done
printf ']}\n'
