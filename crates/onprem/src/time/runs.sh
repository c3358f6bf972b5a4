# says nothing where chrony runs with its files as they are, and where it may not set the clock: that of a container is its machine's
told() { systemctl show -p "$1" --value @UNIT@; }
if [ "$(systemctl is-enabled @UNIT@ 2> /dev/null)" != enabled ]; then
  echo '@UNIT@ is not enabled'
elif [ "$(told ConditionResult)" = no ] && [ "$(told ConditionTimestampMonotonic)" != 0 ]; then
  :
elif ! systemctl -q is-active @UNIT@; then
  echo '@UNIT@ does not run'
else
  for at in /etc/chrony.conf /etc/chrony/conf.d /etc/chrony/sources.d; do
    [ ! $at -nt /run/chrony/chronyd.pid ] || { echo '@UNIT@ runs with old files'; break; }
  done
fi
