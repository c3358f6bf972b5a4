# path, part, SHA-256 and bytes of the whole, mode
set -eu
umask 077
LC_ALL=C
export LC_ALL
cat >> "$2"
# after a cut it is not the whole: what is there stays for the next attempt
if [ "$(stat -c %s -- "$2")" -lt "$4" ]; then
  echo part
  exit 0
fi
sum=$(sha256sum < "$2")
if [ "${sum%% *}" != "$3" ]; then
  rm -f -- "$2"
  echo differs
  exit 0
fi
chown -- 0:0 "$2"
chmod -- "$5" "$2"
sync "$2"
mv -f -T -- "$2" "$1"
# under SELinux a file bears what its place says, not what the part beside it had
! [ -e /sys/fs/selinux/enforce ] || PATH=$PATH:/usr/sbin:/sbin restorecon -- "$1" > /dev/null 2>&1 || :
echo placed
