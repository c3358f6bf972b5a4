# name, milliseconds, what notes down more than files, paths; on standard input how to go back to what was noted
set -eu
umask 077
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH
name=$1
milliseconds=$2
keep=$3
shift 3
command -v systemd-run > /dev/null || { echo "there is no systemd, and so no timer that would put things back" >&2; exit 1; }
home=/var/lib/mosipctl/guard/$name
cd "$home"
exec 9> lock
flock 9
# begun by somebody else since we looked
[ ! -d armed ] || exit 48
rm -rf preparing
mkdir preparing
cat > preparing/back
number=0
for path; do
  number=$((number + 1))
  printf '%s\n' "$path" > "preparing/$number.path"
  [ ! -e "$path" ] || cp -a -T -- "$path" "preparing/$number.file"
done
sh -c "$keep" sh "$home/preparing"
sync
# for a host that is switched off meanwhile; timers do not outlive that
systemctl -q enable mosipctl-guard.service
# of a change before, which has nothing to do any more
systemctl stop "mosipctl-guard-$name.timer" 2> /dev/null || :
systemctl reset-failed "mosipctl-guard-$name.service" 2> /dev/null || :
rm -rf restored settling
mv -T preparing armed
if ! systemd-run --quiet --collect --unit="mosipctl-guard-$name" --on-active="${milliseconds}ms" \
  --timer-property=AccuracySec=100ms /bin/sh /var/lib/mosipctl/guard/restore "$name"; then
  mv -T armed preparing
  exit 1
fi
