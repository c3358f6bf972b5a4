# names
LC_ALL=C
export LC_ALL
command -v dpkg-query > /dev/null || exit 45
# one that nobody has heard of is a complaint and an exit code, and is told by its absence
dpkg-query -W -f '${db:Status-Status}\t${Package}\t${Version}\n' -- "$@" 2> /dev/null |
  awk -F '\t' '$1 == "installed" { print $2 "\t" $3 }'
