# Says when certificates of a control plane end, in kubeadm's own form; nothing where there is none.
PATH=$PATH:/usr/local/bin
if [ -e /etc/kubernetes/pki/apiserver.crt ]; then
  kubeadm certs check-expiration -o json 2> /dev/null
  exit
fi
tls=/var/lib/rancher/rke2/server/tls
[ -d $tls ] && command -v openssl > /dev/null || exit 0
between=
printf '{"certificates": ['
for file in $tls/*.crt $tls/etcd/*.crt; do
  end=$(openssl x509 -noout -enddate -in "$file" 2> /dev/null) || continue
  end=$(date -u -d "${end#notAfter=}" +%Y-%m-%dT%H:%M:%SZ)
  name=${file##*/}
  printf '%s{"name": "%s", "expirationDate": "%s"}' "$between" "${name%.crt}" "$end"
  between=', '
done
printf ']}\n'
