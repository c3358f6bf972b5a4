#!/bin/sh
# Minds one host of a site: puts its tree together, boots it, and boots it again when it reboots.
#
# Runs in a mount namespace of its own, so that what is mounted here is gone when the host is. Takes from its environment:
#   SITE       network namespace of the site, with the bridge
#   MACHINE    name of the machine      HOST       name of the host
#   ADDRESS    address with prefix      DESK       address of the site's own end of the bridge
#   BASE       tree of all hosts        PACKAGES   folder of packages
#   FOLDER     files of this host       NET        file to hang the host's network namespace on
#   CARD       address of its network card, the same after a reboot: others remember it for a while
#   PORT       its end of the cable in the site's network namespace
#   CONTROL    control groups, parted by spaces
set -eu

mount -t overlay overlay -o "lowerdir=$BASE,upperdir=$FOLDER/upper,workdir=$FOLDER/work" "$FOLDER/root"
# Gone with this namespace too, and the loop device with it. What a host has written must survive the host alone, not the machine,
# so nothing waits until it is on the machine's disk.
mount -o loop,discard,nobarrier "$FOLDER/var.disk" "$FOLDER/var"
for group in $CONTROL; do echo $$ >"$group/cgroup.procs"; done

# A new one at every boot: rules and interfaces do not outlive a reboot.
network() {
    umount "$NET" 2>/dev/null || true
    : >"$NET"
    ip -n "$SITE" link del "$PORT" 2>/dev/null || true
    unshare --net="$NET" ip link set lo up
    nsenter --net="$NET" ip link add eth0 address "$CARD" type veth peer name "$PORT" netns "$SITE"
    ip -n "$SITE" link set "$PORT" master bridge up
    nsenter --net="$NET" ip addr add "$ADDRESS" dev eth0
    nsenter --net="$NET" ip link set eth0 up
    nsenter --net="$NET" ip route add default via "$DESK"
}

# Without these a rebooted kubelet finds pods that are gone.
forget_groups() {
    for group in $CONTROL; do
        find "$group" -mindepth 1 -depth -type d -exec rmdir {} \; 2>/dev/null || true
    done
}

boot() {
    set -- --quiet --directory="$FOLDER/root" --machine="$MACHINE" --hostname="$HOST" --boot
    set -- "$@" --register=no --keep-unit --notify-ready=yes --network-namespace-path="$NET"
    # A kubelet needs nearly every right. The clock is the machine's: no host may set it.
    set -- "$@" --capability=all --drop-capability=CAP_SYS_TIME
    for device in /dev/net/tun /dev/kmsg /dev/fuse; do
        [ ! -e "$device" ] || set -- "$@" --bind="$device"
    done
    # /var is a disk of its own: an overlay cannot lie on an overlay, and container runtimes make them there.
    set -- "$@" --bind="$FOLDER/var:/var" --bind-ro="$PACKAGES:/srv/packages"
    set -- "$@" --resolv-conf=off --timezone=off --console=passive
    SYSTEMD_NSPAWN_API_VFS_WRITABLE=network SYSTEMD_NSPAWN_LOCK=0 SYSTEMD_SECCOMP=0 systemd-nspawn "$@"
}

# systemd-nspawn ends with 133 when the host reboots
while :; do
    network
    status=0
    boot || status=$?
    forget_groups
    [ "$status" = 133 ] || exit "$status"
done
