#!/bin/sh
# Makes this machine look more like a host of its own; runs before anything that minds.
set -u

# Container runtimes make control groups in each hierarchy.
for controller in cpu cpuacct cpuset memory devices freezer blkio pids; do
    [ ! -d "/sys/fs/cgroup/$controller" ] || mount -o remount,rw,bind "/sys/fs/cgroup/$controller"
done

# A kubelet sets these three. They are the machine's, not the host's: give it files in their place.
mkdir -p /run/site
for setting in vm/overcommit_memory=1 kernel/panic=10 kernel/panic_on_oops=1; do
    name=${setting%=*}
    file=/run/site/$(echo "$name" | tr / .)
    echo "${setting#*=}" >"$file"
    mount --bind "$file" "/proc/sys/$name"
done
