#!/bin/sh
# Made by mosipctl. Puts back what a change replaced that nobody confirmed: run by a timer, at a start of this host, or by hand.
# Names of changes; without one all of them, and then nothing is running yet that would have to hear of it.
set -u
umask 077
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH

put_back() {
  path=$(cat "$1")
  kept=${1%.path}.file
  if [ -e "$kept" ]; then
    cp -a -T -- "$kept" "$path.before" && mv -f -T -- "$path.before" "$path"
  else
    rm -f -- "$path"
  fi
}

restore() {
  cd "/var/lib/mosipctl/guard/$1" || return
  exec 9> lock
  flock 9
  if [ -d restoring ] || mv -T armed restoring 2> /dev/null; then
    for note in restoring/*.path; do
      [ ! -e "$note" ] || put_back "$note"
    done
    [ "$2" = start ] || sh restoring/back "$PWD/restoring" >&2
    mv -T restoring restored
    sync
  fi
  if [ -d restored ]; then
    echo restored
  else
    echo settled
  fi
}

if [ $# -gt 0 ]; then
  for name; do (restore "$name" now); done
else
  for home in /var/lib/mosipctl/guard/*/; do
    name=${home%/}
    [ ! -d "$home" ] || (restore "${name##*/}" start)
  done
fi
