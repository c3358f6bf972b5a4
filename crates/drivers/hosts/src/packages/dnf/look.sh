# names
LC_ALL=C
export LC_ALL
command -v rpm > /dev/null || exit 46
for name; do
  # a package may be there under the name of another that provides it
  rpm -q --whatprovides --qf "$name\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\n" -- "$name" 2> /dev/null | awk -F '\t' 'NF == 2' | tail -n 1
done
