# name, what prints the state, and for each file its path and "SHA-256 mode owner"
set -u
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH
home=/var/lib/mosipctl/guard/$1
state=$2
shift 2
if [ -d "$home/armed" ] || [ -d "$home/restoring" ]; then
  echo armed
  exit 0
fi
different() {
  echo different
  exit 0
}
while [ $# -gt 0 ]; do
  [ -f "$1" ] || different
  sum=$(sha256sum < "$1") && about=$(stat -L -c '%a %U:%G' -- "$1") || exit 1
  [ "${sum%% *} $about" = "$2" ] || different
  shift 2
done
[ -e "$home/settled/state" ] || different
sh -c "$state" 2> /dev/null | cmp -s - "$home/settled/state" || different
echo same
