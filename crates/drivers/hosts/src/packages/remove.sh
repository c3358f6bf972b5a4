# Removing packages, for scripts that take away what was put on a host.
# those of the arguments that are there, or were and left something
there() {
  for name; do
    if of_rpm; then
      rpm -q --whatprovides --qf '%{NAME}\n' -- "$name" 2> /dev/null | grep -v ' ' | tail -n 1
    else
      has=$(dpkg-query -W -f '${db:Status-Status}' -- "$name" 2> /dev/null) || has=
      case $has in '' | not-installed) ;; *) printf '%s\n' "$name" ;; esac
    fi
  done
}
orphans() { apt-get -s autoremove 2> /dev/null | sed -n 's/^Remv \([^ ]*\).*/\1/p' | sort; }
all_of_rpm() { rpm -qa --qf '%{NAME}\n' | sort -u; }
# Removes packages, by `going`, with what came with them and nobody else needs, which is told in `more`; what nobody needed before stays.
# What is said goes to `said`. The argument is a file for notes.
remove_packages() {
  more=
  if of_rpm; then
    all_of_rpm > "$1"
    said=$(dnf -q -y --disablerepo='*' --setopt=clean_requirements_on_remove=True remove $going 2>&1 9>&-) || return 1
    for name in $(all_of_rpm | comm -23 "$1" -); do
      case " $going " in *" $name "*) ;; *) more="$more$name " ;; esac
    done
  else
    orphans > "$1"
    said=$(apt-get -q -y purge $going 2>&1 9>&-) || return 1
    more=$(orphans | comm -13 "$1" - | tr '\n' ' ')
    [ -z "$more" ] || apt-get -q -y purge $more > /dev/null 2>&1 9>&- || more=
  fi
}
