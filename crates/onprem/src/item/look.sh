LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin
export LC_ALL PATH
tell() { printf '%s\t%s\n' "$1" "$2"; }

packages() {
  at=$1
  shift
  lacking=
  for name; do
    if of_rpm; then
      rpm -q --quiet --whatprovides -- "$name" > /dev/null 2>&1 || lacking="$lacking $name"
    else
      has=$(dpkg-query -W -f '${db:Status-Status}' -- "$name" 2> /dev/null) || has=
      [ "$has" = installed ] || lacking="$lacking $name"
    fi
  done
  count=0
  for name in $lacking; do count=$((count + 1)); done
  if [ -z "$lacking" ]; then tell "$at" same
  elif [ $count -eq $# ]; then tell "$at" absent
  else tell "$at" "lacks$lacking"; fi
}

modules() {
  at=$1
  file=/etc/modules-load.d/$2.conf
  shift 2
  builtin=/lib/modules/$(uname -r)/modules.builtin
  [ -e "$file" ] || { tell "$at" absent; return; }
  for name; do
    [ -d "/sys/module/$name" ] || grep -q "/$name\.ko" "$builtin" 2> /dev/null ||
      { tell "$at" "module $name is not loaded"; return; }
    grep -qx "$name" "$file" || { tell "$at" "$file"; return; }
  done
  tell "$at" same
}

sysctls() {
  at=$1
  file=/etc/sysctl.d/$2.conf
  shift 2
  [ -e "$file" ] || { tell "$at" absent; return; }
  for pair; do
    key=${pair%%=*}
    now=$(cat "/proc/sys/$(echo "$key" | tr . /)" 2> /dev/null) || now=nothing
    [ "$now" = "${pair#*=}" ] || { tell "$at" "$key is $now"; return; }
    grep -qx "$key = ${pair#*=}" "$file" || { tell "$at" "$file"; return; }
  done
  tell "$at" same
}

no_swap() {
  if [ "$(wc -l < /proc/swaps)" -gt 1 ]; then tell "$1" "swap is on"
  elif grep -Eq '^[^#]+[[:space:]]swap[[:space:]]' /etc/fstab 2> /dev/null; then tell "$1" "/etc/fstab"
  else tell "$1" same; fi
}

file() {
  if [ ! -e "$2" ]; then tell "$1" absent; return; fi
  sum=$(sha256sum < "$2") && about=$(stat -L -c '%a %U:%G' -- "$2") || return
  tell "$1" "${sum%% *} $about"
}

# of a change that is put back by itself unless it is confirmed
guarded() {
  at=$1
  home=/var/lib/mosipctl/guard/$2
  shift 2
  if [ -d "$home/armed" ] || [ -d "$home/restoring" ]; then
    tell "$at" unconfirmed
    return
  fi
  all=
  for path; do
    one=$(file 0 "$path")
    all="$all${all:+;}${one#*	}"
  done
  tell "$at" "$all"
}

no_file() {
  if [ -e "$2" ]; then tell "$1" "$2 is there"; else tell "$1" same; fi
}

# a large file is read again only when it was touched since it was read last
program() {
  if [ ! -e "$2" ]; then tell "$1" absent; return; fi
  about=$(stat -L -c '%s %Y %Z %i' -- "$2")
  known=$(grep -F " $2 $about" /var/lib/mosipctl/sums 2> /dev/null | tail -n 1)
  if [ -z "$known" ]; then
    sum=$(sha256sum < "$2")
    known="${sum%% *} $2 $about"
    mkdir -p /var/lib/mosipctl
    { grep -vF " $2 " /var/lib/mosipctl/sums 2> /dev/null; echo "$known"; } > /var/lib/mosipctl/sums.new
    mv -f /var/lib/mosipctl/sums.new /var/lib/mosipctl/sums
  fi
  tell "$1" "${known%% *}"
}

images=
image() {
  at=$1
  mark=/var/lib/mosipctl/images/$2
  shift 2
  [ -e "$mark" ] || { tell "$at" absent; return; }
  [ -n "$images" ] || images=" $(ctr -n k8s.io images ls -q 2> /dev/null | tr '\n' ' ')"
  for name; do
    case $images in
      *"/$name "* | *" $name "*) ;;
      *) tell "$at" absent; return ;;
    esac
  done
  tell "$at" same
}

unit() {
  active=$(systemctl is-active -- "$2" 2> /dev/null) || :
  # it runs while it reads its files again
  [ "$active" != reloading ] || active=active
  enabled=$(systemctl is-enabled -- "$2" 2> /dev/null) || :
  case $active/$enabled in
    active/enabled | active/static | active/alias | active/generated | active/indirect) tell "$1" same ;;
    */) tell "$1" absent ;;
    *) tell "$1" "$2 is $active, $enabled" ;;
  esac
}

script() {
  said=$(sh -c "$2" 2>&1) || said=${said:-its check failed}
  if [ -z "$said" ]; then tell "$1" same; else tell "$1" "$(echo "$said" | head -n 1)"; fi
}
