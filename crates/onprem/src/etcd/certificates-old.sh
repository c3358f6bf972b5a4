PATH=$PATH:/usr/local/bin
[ -e /etc/kubernetes/pki/apiserver.crt ] || { echo absent; exit 0; }
# whoever stopped it for a restore or new certificates did not get to start it again
[ ! -e /etc/kubernetes/mosipctl-stopped ] || { echo 'its control plane was stopped half way'; exit 0; }
now=$(date +%s)
kubeadm certs check-expiration -o json 2> /dev/null | tr ',' '\n' | sed -n 's/.*"expirationDate": *"\([^"]*\)".*/\1/p' | sort | while read -r end; do
  days=$((($(date -d "$end" +%s) - now) / 86400))
  [ $days -ge 30 ] || { echo "its certificates end in $days days"; break; }
done
