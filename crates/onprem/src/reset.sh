# Takes away what mosipctl put on a host. What it was comes in, a line each: package, file, unit, image, and the name.
# It says what it did and what it left, a line each: did or left, and what.
set -u
umask 077
LC_ALL=C
DEBIAN_FRONTEND=noninteractive
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin
export LC_ALL DEBIAN_FRONTEND PATH
state=/var/lib/mosipctl
mkdir -p $state
# a command that was cut off may still be at it
exec 9> $state/lock
flock -w 280 9
list=$(cat)
each() { printf '%s\n' "$list" | sed -n "s/^$1 //p"; }
did() { printf 'did\t%s\n' "$1"; }
left() { printf 'left\t%s\n' "$1"; }
has() { command -v "$1" > /dev/null 2>&1; }
# what is a disk of its own stays as a folder
empty() { [ -d "$1" ] && find "$1" -mindepth 1 -delete 2> /dev/null; rmdir "$1" 2> /dev/null; }

# what a guard would put back is about to go
systemctl stop 'mosipctl-guard-*.timer' 2> /dev/null

if has rke2-uninstall.sh; then
  # RKE2 takes away itself what it put there, pods and volumes of its own among it
  rke2-uninstall.sh > $state/rke2-uninstall.log 2>&1 9>&- || { tail -n 5 $state/rke2-uninstall.log >&2; exit 1; }
  did "RKE2 is gone, and its node with it"
fi
if [ -e $state/begun ] || [ -e $state/member ]; then
  if has kubeadm && has containerd; then
    systemctl -q start containerd 2> /dev/null
    # etcd has been told by whoever took the node out; with the whole cluster goes etcd, too
    kubeadm reset -f --skip-phases=remove-etcd-member --cri-socket unix:///run/containerd/containerd.sock > /dev/null 2>&1 9>&-
  fi
  systemctl -q disable --now kubelet 2> /dev/null
  for folder in /var/lib/kubelet /var/lib/etcd /etc/kubernetes /var/lib/cni; do
    grep " $folder/" /proc/mounts | cut -d' ' -f2 | sort -r | while read -r place; do umount -l "$place"; done
    empty $folder
  done
  did "it is no node any more"
fi

if has ip; then
  [ -z "$(ip route show proto 186)" ] || { ip route flush proto 186; did "routes to pods are gone"; }
  ip link show cni0 > /dev/null 2>&1 && ip link del cni0 && did "the bridge of pods is gone"
fi
if has nft; then
  for table in 'inet mosipctl' 'ip mosipctl_pods' 'ip kube-proxy' 'ip6 kube-proxy'; do
    nft list table $table > /dev/null 2>&1 && nft delete table $table && did "nftables table \`$table\` is gone"
  done
fi
# kubelet and the plugins of the network have chains of their own
for family in iptables ip6tables; do
  has $family && has $family-save || continue
  for table in mangle nat filter; do
    ours=$($family-save -t $table 2> /dev/null | sed -n 's/^:\(\(KUBE\|CNI\)-[^ ]*\) .*/\1/p')
    [ -n "$ours" ] || continue
    $family-save -t $table | grep -E -- '^-A .* -j (KUBE|CNI)-' | sed 's/^-A/-D/' | while read -r rule; do
      eval "$family -w -t $table $rule" 2> /dev/null
    done
    for chain in $ours; do $family -w -t $table -F "$chain"; done
    for chain in $ours; do $family -w -t $table -X "$chain"; done
    did "chains of pods in $family's $table are gone"
  done
done

if has ctr && systemctl -q is-active containerd; then
  before=$(ctr -n k8s.io images ls -q | wc -l)
  for image in $(each image); do
    for name in "$image" "docker.io/$image" "docker.io/library/$image"; do
      ctr -n k8s.io images rm "$name" > /dev/null 2>&1
    done
  done
  count=$((before - $(ctr -n k8s.io images ls -q | wc -l)))
  [ $count -eq 0 ] || did "$count names of images are gone"
fi

for unit in $(each unit); do
  systemctl -q is-enabled "$unit" 2> /dev/null || systemctl -q is-active "$unit" || continue
  systemctl -q disable --now "$unit" 2> /dev/null && did "unit $unit is stopped and not started any more"
done

volumes=$(served '')
# its tools may go with the packages
if has semanage; then
  programs='/usr/local/lib/mosipctl(/.*)?'
  if semanage fcontext -l -C 2> /dev/null | grep -qF "$programs"; then
    semanage fcontext -d "$programs" && did "SELinux knows nothing of programs of mosipctl any more"
  fi
  if each file | grep -qx /etc/nginx/nginx.conf; then
    left "nginx may connect and listen where SELinux was told so: \`semanage port -l -C\`, \`getsebool httpd_can_network_connect\`"
  fi
fi

going=
for package in $(there $(each package)); do going="$going $package"; done
if [ -n "$going" ]; then
  if remove_packages $state/orphans; then
    did "packages are gone:$going"
    [ -z "$more" ] || did "and what came with them: $more"
    case " $going " in *' containerd '* | *' containerd.io '*) empty /var/lib/containerd ;; esac
  else
    printf '%s\n' "$said" | tail -n 5 >&2
    exit 1
  fi
fi

each file > $state/files
# a unit without its file would still be wanted at the next boot
sed -n 's|^/etc/systemd/system/\([^/@]*\.[a-z]*\)$|\1|p' $state/files | while read -r unit; do
  systemctl -q disable --now "$unit" 2> /dev/null
done
count=0
while read -r file; do
  case $file in /*) ;; *) continue ;; esac
  # rpm keeps a file of a package that was changed
  ! of_rpm || rm -f -- "$file.rpmsave" "$file.rpmnew"
  [ -e "$file" ] || continue
  rm -f -- "$file" && count=$((count + 1))
done < $state/files
[ $count -eq 0 ] || did "$count files are gone"
rmdir /usr/local/lib/mosipctl /etc/cni/net.d /etc/cni /etc/containerd 2> /dev/null
systemctl daemon-reload
if grep -q '^/etc/ssh/' $state/files; then
  for unit in ssh sshd; do
    systemctl -q is-active $unit && systemctl reload $unit && did "sshd has its own settings again" && break
  done
fi

[ -z "$(find /var/backups/mosipctl -type f 2> /dev/null | head -n 1)" ] || left "snapshots of etcd in /var/backups/mosipctl"
for folder in /opt/local-path-provisioner $volumes; do
  [ -z "$(ls -A $folder 2> /dev/null)" ] || left "volumes of pods in $folder"
done
grep -q '^# switched off by mosipctl: ' /etc/fstab 2> /dev/null && left "swap stays off in /etc/fstab"
for unit in /etc/systemd/system/dev-zram*.swap; do
  [ "$(readlink "$unit" 2> /dev/null)" != /dev/null ] || left "swap in memory stays off: \`systemctl unmask ${unit##*/}\`"
done
! grep -qs '^confdir /etc/chrony/conf.d$' /etc/chrony.conf || left "chronyd reads /etc/chrony/conf.d and /etc/chrony/sources.d, by /etc/chrony.conf"
[ -z "$(each file | grep -e '^/etc/sysctl.d/' -e '^/etc/modules-load.d/')" ] || left "settings and modules of the kernel hold until it boots again"

# the list goes last: until then this can be done again
rm -rf /etc/mosipctl
find $state -mindepth 1 ! -name 'run.lock*' -delete 2> /dev/null
rmdir $state 2> /dev/null
exit 0
