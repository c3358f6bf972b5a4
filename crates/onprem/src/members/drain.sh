kubectl get node/NODE -o name > /dev/null || exit 1
# that a pod does not go is an answer, too
kubectl drain node/NODE --ignore-daemonsets --delete-emptydir-data FORCE --timeout=SECONDSs 2>&1
echo "ended $?"
