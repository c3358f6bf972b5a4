# Tells what a host is, for `facts.rs`: one fact a line, fields between tabs, changes nothing. Made for one round trip and few processes.
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL PATH
tab=$(printf '\t')

fact() {
  line=$1
  shift
  for field; do
    line=$line$tab$field
  done
  printf '%s\n' "$line"
}

has() {
  command -v "$1" > /dev/null 2>&1
}

# first line of a file; nothing when there is none
first() {
  value=
  [ ! -r "$1" ] || read -r value < "$1" || :
}

# what a login shell wrote before this line is not ours
printf 'mosipctl-facts\t1\t%s\n' "$(date +%s.%N)"

set -- $(uname -n -r -m)
release=$2
fact hostname "$1"
fact kernel "$2" "$3"
first /etc/machine-id
fact machine-id "$value"
fact boot-id "$(cat /proc/sys/kernel/random/boot_id)"
fact cpus "$(nproc)"
(
  ID= VERSION_ID= ID_LIKE= PRETTY_NAME=
  [ ! -r /etc/os-release ] || . /etc/os-release
  fact os "$ID" "$VERSION_ID" "$ID_LIKE" "$PRETTY_NAME"
)

while read -r key value _; do
  case $key in
    MemTotal:) fact memory total "$value" ;;
    MemAvailable:) fact memory available "$value" ;;
    SwapTotal:) fact memory swap "$value" ;;
  esac
done < /proc/meminfo

df -P -k -l 2> /dev/null | while read -r source size _ free _ mount; do
  case $source in
    Filesystem | tmpfs | devtmpfs | udev | none | shm) ;;
    *) fact disk "$source" "$size" "$free" "$mount" ;;
  esac
done

if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  fact cgroup v2
elif [ -d /sys/fs/cgroup/memory ]; then
  fact cgroup v1
else
  fact cgroup none
fi

for folder in /sys/class/net/*; do
  [ -r "$folder/mtu" ] || continue
  first "$folder/mtu"
  fact interface "${folder##*/}" "$value"
done
if has ip; then
  ip -o addr show | while read -r _ name family address _; do
    fact address "$name" "$family" "$address"
  done
  ip -o route show | while read -r network rest; do
    fact route "$network" "$rest"
  done
fi
for table in /proc/net/tcp /proc/net/tcp6; do
  [ ! -r $table ] || awk '$4 == "0A" { print "listens\t" $2 }' $table
done
while read -r key value _; do
  [ "$key" != nameserver ] || fact nameserver "$value"
done 2> /dev/null < /etc/resolv.conf

loaded=
while read -r name _; do
  loaded="$loaded $name"
done 2> /dev/null < /proc/modules
fact loaded "${loaded# }"
module() {
  case " $loaded " in
    *" $1 "*) fact module "$1" loaded && return ;;
  esac
  if [ -d "/sys/module/$1" ] || [ -e "$2" ]; then
    fact module "$1" loaded
  elif [ -d "/lib/modules/$release" ] && has modprobe; then
    if modprobe -n -q "$1"; then fact module "$1" loadable; else fact module "$1" missing; fi
  else
    fact module "$1" unknown
  fi
}
overlay=/nowhere
while read -r one two; do
  [ "$one$two" != nodevoverlay ] && [ "$one" != overlay ] || overlay=/proc/filesystems
done < /proc/filesystems
module overlay $overlay
module br_netfilter /proc/sys/net/bridge
module nf_conntrack /proc/sys/net/netfilter/nf_conntrack_max
module nf_tables /nowhere
module vxlan /nowhere
module wireguard /nowhere

# a shell reads a byte at a time, and such a file gives only its first digit to whoever does
set --
for file in net/ipv4/ip_forward net/ipv6/conf/all/forwarding net/bridge/bridge-nf-call-iptables \
  net/netfilter/nf_conntrack_max fs/inotify/max_user_instances fs/inotify/max_user_watches \
  vm/overcommit_memory vm/swappiness vm/max_map_count kernel/panic kernel/pid_max; do
  [ ! -r "/proc/sys/$file" ] || set -- "$@" "/proc/sys/$file"
done
awk '{ key = FILENAME; sub("/proc/sys/", "", key); gsub("/", ".", key); print "sysctl\t" key "\t" $1 }' "$@" /dev/null

# `command -v` in a substitution would be a process for each
old=$IFS
for name in apt-get dnf yum zypper modprobe systemctl ip nft iptables conntrack ethtool containerd crio dockerd runc \
  kubelet kubeadm kubectl rke2 k3s nginx keepalived wg wireguard-go mount.nfs curl socat; do
  IFS=:
  for folder in $PATH; do
    if [ -x "$folder/$name" ]; then
      fact program $name "$folder/$name"
      break
    fi
  done
  IFS=$old
done
for path in /run/containerd/containerd.sock /run/crio/crio.sock /run/docker.sock /run/k3s/containerd/containerd.sock; do
  [ ! -S $path ] || fact socket $path
done
has getenforce && fact selinux "$(getenforce)"

if [ -d /run/systemd/system ]; then
  fact init systemd
  systemctl show --property=Id,ActiveState,UnitFileState containerd crio docker kubelet rke2-server rke2-agent k3s \
    chrony chronyd ntp ntpsec systemd-timesyncd firewalld ufw nftables nginx keepalived nfs-server apparmor 2> /dev/null |
    awk -F= '
      function tell() { if (id != "" && file != "") print "unit\t" id "\t" active "\t" file; id = active = file = "" }
      $0 == "" { tell() }
      $1 == "Id" { id = $2 }
      $1 == "ActiveState" { active = $2 }
      $1 == "UnitFileState" { file = $2 }
      END { tell() }'
else
  fact init other
fi

if [ "$(id -u)" = 0 ]; then
  fact sudo root
elif said=$(sudo -n true 2>&1); then
  fact sudo allowed
else
  fact sudo refused "$(printf %s "$said" | head -n 1)"
fi
echo end
