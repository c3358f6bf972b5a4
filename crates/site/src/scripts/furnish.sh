#!/bin/sh
# Furnishes the base tree, inside it: users, SSH server, units. $1: user with sudo, $2: user without.
set -eu

for user in "$1" "$2"; do useradd --create-home --shell /bin/bash "$user"; done
echo "$1 ALL=(ALL) NOPASSWD: ALL" >"/etc/sudoers.d/$1"
chmod 0440 "/etc/sudoers.d/$1"

# Every host gets keys and an id of its own.
rm -f /etc/ssh/ssh_host_* /var/lib/dbus/machine-id
: >/etc/machine-id

# A host must stop soon, also when a program in it takes no notice of being told to.
mkdir -p /etc/systemd/system.conf.d
printf '[Manager]\nDefaultTimeoutStopSec=8s\n' >/etc/systemd/system.conf.d/site.conf

# Packages come from the folder and from nowhere else.
rm -f /etc/apt/sources.list.d/*
: >/etc/apt/sources.list
echo 'deb [trusted=yes] file:/srv/packages ./' >/etc/apt/sources.list.d/site.list
mkdir -p /srv/packages

systemctl enable --quiet ssh.service site-host.service
systemctl mask --quiet systemd-timesyncd.service getty.target console-getty.service
