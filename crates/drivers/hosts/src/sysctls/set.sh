# key=value, as many as there are
set -eu
LC_ALL=C
export LC_ALL
# all are looked at before one is set: a half that is set would be worse than none
for pair; do
  file=/proc/sys/$(echo "${pair%%=*}" | tr . /)
  [ -e "$file" ] || { echo "the kernel has no ${pair%%=*}: is its module loaded?" >&2; exit 1; }
done
for pair; do
  key=${pair%%=*}
  value=${pair#*=}
  file=/proc/sys/$(echo "$key" | tr . /)
  before=$(cat "$file")
  [ "$before" != "$value" ] || continue
  echo "$value" > "$file" || { echo "the kernel does not take $value for $key" >&2; exit 1; }
  after=$(cat "$file")
  [ "$after" = "$value" ] || { echo "$key stays $after" >&2; exit 1; }
  printf '%s\t%s\t%s\n' "$key" "$before" "$after"
done
