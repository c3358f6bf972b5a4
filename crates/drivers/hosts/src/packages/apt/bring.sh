# names
set -eu
LC_ALL=C
DEBIAN_FRONTEND=noninteractive
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL DEBIAN_FRONTEND PATH
command -v apt-get > /dev/null || exit 45
lacking=
for name; do
  has=$(dpkg-query -W -f '${db:Status-Status}' -- "$name" 2> /dev/null || :)
  [ "$has" = installed ] || lacking="$lacking $name"
done
[ -n "$lacking" ] || exit 0
# what a killed run left half done
dpkg --configure -a > /dev/null 2>&1 || :
install() {
  apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold $lacking
}
# the lists may be older than what the source has
said=$(install 2>&1) || { said=$(apt-get update -qq 2>&1) && said=$(install 2>&1); } || {
  printf '%s\n' "$said" | tail -n 6 >&2
  exit 1
}
printf '%s\n' $lacking
