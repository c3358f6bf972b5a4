# keepalived does not say which configuration it runs with; whoever gave it the last one wrote that down
[ -e /etc/keepalived/keepalived.conf ] || { echo absent; exit 0; }
[ "$(cat /var/lib/mosipctl/keepalived 2> /dev/null)" = @DIGEST@ ] || echo 'keepalived runs with another configuration'
