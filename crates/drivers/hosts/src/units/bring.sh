# unit, and running, restarted or stopped
set -eu
LC_ALL=C
export LC_ALL
active=$(systemctl is-active -- "$1" 2> /dev/null) || :
enabled=$(systemctl is-enabled -- "$1" 2> /dev/null) || :
tell() {
  journalctl --no-pager -n 5 -o cat -u "$1" >&2 2> /dev/null || :
  exit 1
}
did=same
if [ "$2" = stopped ]; then
  case $active in
    active | activating | reloading) systemctl stop -- "$1" && did=done ;;
  esac
  case $enabled in
    enabled*) systemctl -q disable -- "$1" && did=done ;;
  esac
  echo $did
  exit 0
fi
case $enabled in
  enabled | static | alias | generated | indirect) ;;
  *) systemctl -q enable -- "$1" && did=done ;;
esac
# a unit that reads its files again runs
if [ "$active" != active ] && [ "$active" != reloading ]; then
  systemctl start -- "$1" || tell "$1"
  did=done
elif [ "$2" = restarted ]; then
  systemctl restart -- "$1" || tell "$1"
  did=done
fi
# one that ends at once has started well and is gone
case $(systemctl is-active -- "$1") in
  active | reloading) ;;
  *) tell "$1" ;;
esac
echo $did
