members=$(etcd member list) || exit 1
# one that has not started has no name yet
ids=$(printf '%s\n' "$members" | awk -F', ' '$3 == "NODE" || $4 == "PEER" { print $1 }')
for id in $ids; do etcd member remove "$id" > /dev/null || exit 1; done
kubectl delete node/NODE --ignore-not-found > /dev/null
