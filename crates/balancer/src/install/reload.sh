# Lets nginx of systemd read its configuration, whose place is the argument, and ends with 0 when it has taken it.
# A reload that fails is told nowhere but in its log: the workers of before go on.
set -eu
file=$1
workers() { awk -v master="$1" '$4 == master { print $1 }' /proc/[0-9]*/stat 2> /dev/null | sort; }
if ! systemctl -q is-active nginx || ! grep -q '^# Written by mosipctl' "$file.before" 2> /dev/null; then
    # what ran before was not ours: its ports would be in the way of the new ones
    exec systemctl restart nginx
fi
master=$(systemctl show -p MainPID --value nginx)
before=$(workers "$master")
systemctl reload nginx
tries=0
until [ "$(workers "$master")" != "$before" ]; do
    tries=$((tries + 1))
    if [ $tries -gt 100 ]; then
        echo "nginx goes on with the configuration of before:" >&2
        grep -F '[emerg]' /var/log/nginx/error.log 2> /dev/null | tail -n 1 >&2
        exit 1
    fi
    sleep 0.1
done
