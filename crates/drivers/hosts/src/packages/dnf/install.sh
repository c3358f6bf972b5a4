# files
set -eu
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH
command -v dnf > /dev/null && command -v rpm > /dev/null || exit 46
form='%{NAME} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}.%{ARCH}'
# of the files, those whose package is not there in that version
lacking() {
  for file; do
    is=$(rpm -qp --qf "$form" -- "$file") || { echo "$file is no package" >&2; exit 1; }
    has=$(rpm -q --qf "$form\n" -- "${is%% *}" 2> /dev/null) || has=
    printf '%s\n' "$has" | grep -qxF -- "$is" || printf '%s\n' "$file"
  done
}
# each file is looked at before one is installed
wanted=$(lacking "$@")
[ -n "$wanted" ] || exit 0
old=$IFS
IFS='
'
set -f
set -- $wanted
IFS=$old
names=
for file; do
  names="$names $(rpm -qp --qf '%{NAME}' -- "$file" 2> /dev/null)"
done
# no source is asked: what is brought is all that there is
change() {
  dnf -q -y --setopt=install_weak_deps=False --disablerepo='*' "$@" 2>&1
}
said=$(change install "$@") || {
  printf '%s\n' "$said" | tail -n 6 >&2
  exit 1
}
# one that is there in a newer version stays so until it is said
older=$(lacking "$@")
if [ -n "$older" ]; then
  IFS='
'
  said=$(change downgrade $older) || {
    printf '%s\n' "$said" | tail -n 6 >&2
    exit 1
  }
  IFS=$old
fi
rest=$(lacking "$@")
[ -z "$rest" ] || { echo "dnf did not install $rest" >&2; exit 1; }
printf '%s\n' $names
