# names
set -eu
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH
command -v dnf > /dev/null && command -v rpm > /dev/null || exit 46
lacking=
for name; do
  rpm -q --quiet --whatprovides -- "$name" > /dev/null 2>&1 || lacking="$lacking $name"
done
[ -n "$lacking" ] || exit 0
# another dnf that is at work is awaited by dnf itself; a file that somebody changed stays, the package's lies beside it as .rpmnew
install() {
  dnf -q -y --setopt=install_weak_deps=False "$@" install $lacking
}
# the lists may be older than what the source has
said=$(install 2>&1) || said=$(install --refresh 2>&1) || {
  printf '%s\n' "$said" | tail -n 6 >&2
  case $said in
    *"No match for argument"* | *"Unable to find a match"* | *"no enabled repositories"*) exit 47 ;;
  esac
  exit 1
}
printf '%s\n' $lacking
