[ "$(cat /var/lib/mosipctl/rke2-unpacked 2> /dev/null)" = @SHA256@ ] || echo absent
