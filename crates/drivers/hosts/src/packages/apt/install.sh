# files
set -eu
LC_ALL=C
DEBIAN_FRONTEND=noninteractive
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL DEBIAN_FRONTEND PATH
command -v dpkg > /dev/null || exit 45
# each file is looked at before one is installed
count=$#
names=
while [ "$count" -gt 0 ]; do
  file=$1
  shift
  count=$((count - 1))
  name=$(dpkg-deb -f "$file" Package)
  version=$(dpkg-deb -f "$file" Version)
  has=$(dpkg-query -W -f '${db:Status-Status} ${Version}' -- "$name" 2> /dev/null || :)
  if [ "$has" != "installed $version" ]; then
    set -- "$@" "$file"
    names="$names $name"
  fi
done
[ $# -gt 0 ] || exit 0
dpkg --force-confold -i "$@" > /dev/null
printf '%s\n' $names
