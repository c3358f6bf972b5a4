# complaints that do not count; the configuration comes in. The cluster knows nothing of an earlier attempt any more.
[ ! -e $state/begun ] && [ ! -e $state/member ] || clear
: > $state/begun
run join --config /dev/stdin --ignore-preflight-errors="$1"
