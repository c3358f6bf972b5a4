#!/bin/sh
# Spreads connections over the API servers. $@: addresses of control planes.
set -eu

{
    echo 'user www-data; worker_processes 1; pid /run/nginx.pid; include /etc/nginx/modules-enabled/*.conf;'
    echo 'events { worker_connections 4096; }'
    echo 'stream { upstream api {'
    for address in "$@"; do echo "server $address:6443 max_fails=1 fail_timeout=2s;"; done
    echo '} server { listen 6443; proxy_pass api; proxy_connect_timeout 1s; proxy_timeout 10m; } }'
} >/etc/nginx/nginx.conf
nginx -q -t
systemctl restart nginx
