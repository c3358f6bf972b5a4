sshd -t || exit 1
# sshd takes the first value it reads; elsewhere it may not read drop-ins at all
if ! sshd -T | grep -qix 'passwordauthentication no'; then
  echo "/etc/ssh/sshd_config does not begin with \`Include /etc/ssh/sshd_config.d/*.conf\`, so the drop-in does not count"
  exit 1
fi
