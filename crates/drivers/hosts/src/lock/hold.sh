# file of the lock, who asks
set -eu
umask 022
LC_ALL=C
export LC_ALL
mkdir -p -- "${1%/*}"
exec 8>> "$1"
if ! flock -n 8; then
  holder=$(cat "$1.holder" 2> /dev/null) || holder=somebody
  echo "held by ${holder:-somebody}"
  exit 0
fi
turn=$(cat "$1.turn" 2> /dev/null) || turn=0
turn=$((turn + 1))
echo "$turn" > "$1.turn"
echo "$2" > "$1.holder"
echo "turn $turn"
# a line now and then says that who asked still lives; a machine that is gone says nothing
while timeout 30 sh -c 'read -r line' 8>&-; do
  echo "turn $turn"
done
rm -f "$1.holder"
