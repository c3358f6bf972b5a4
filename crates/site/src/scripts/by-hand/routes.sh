#!/bin/sh
# Tells the way to the pods of other nodes, now and after each boot. $@: PART=ADDRESS of each
set -eu

{
    echo '[Unit]'
    echo 'After=network.target'
    echo '[Service]'
    echo 'Type=oneshot'
    for other in "$@"; do echo "ExecStart=ip route replace ${other%=*} via ${other#*=}"; done
    echo '[Install]'
    echo 'WantedBy=multi-user.target'
} >/etc/systemd/system/pod-routes.service
systemctl daemon-reload
systemctl enable -q --now pod-routes
