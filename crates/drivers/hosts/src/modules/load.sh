# names
set -eu
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH
builtin=/lib/modules/$(uname -r)/modules.builtin
for name; do
  [ ! -d "/sys/module/$name" ] || continue
  # one that takes no parameters is not seen there when it is built in
  if [ -r "$builtin" ] && grep -q "/$name\.ko" "$builtin"; then
    continue
  fi
  modprobe -- "$name"
  echo "$name"
done
