# name, what makes it last, what prints the state
set -eu
umask 077
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH
cd "/var/lib/mosipctl/guard/$1"
exec 9> lock
flock 9
if [ -d settling ] || mv -T armed settling 2> /dev/null; then
  systemctl stop "mosipctl-guard-$1.timer" 2> /dev/null || :
  sh -c "$2" >&2
  sh -c "$3" > settling/state 2> /dev/null || :
  rm -rf settled new
  mv -T settling settled
fi
# this may be asked again, by somebody who did not hear the answer
if [ -d restored ] || [ -d restoring ]; then
  echo restored
else
  echo settled
fi
