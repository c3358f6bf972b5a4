# path, part, SHA-256 and bytes of the whole
set -eu
umask 022
LC_ALL=C
export LC_ALL
folder=${1%/*}
folder=${folder:-/}
mkdir -p -- "$folder"
if [ -f "$1" ] && [ "$(stat -L -c %s -- "$1")" = "$4" ]; then
  sum=$(sha256sum < "$1")
  if [ "${sum%% *}" = "$3" ]; then
    rm -f -- "$2"
    echo same
    exit 0
  fi
fi
have=0
if [ -f "$2" ]; then
  have=$(stat -c %s -- "$2")
fi
if [ "$have" -gt "$4" ]; then
  rm -f -- "$2"
  have=0
fi
room=$(df -P -k -- "$folder" | awk 'NR == 2 { printf "%.0f", $4 * 1024 }')
if [ "$room" -lt $(($4 - have)) ]; then
  echo "full $room"
else
  echo "part $have"
fi
