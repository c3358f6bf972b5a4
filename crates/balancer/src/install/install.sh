set -eu
file=$1
shift
umask 077
cat >"$file.new"
if [ -e "$file" ] && cmp -s "$file.new" "$file"; then
    rm -f "$file.new"
    echo same
    exit 0
fi
if ! nginx -t -q -c "$file.new" >&2; then
    rm -f "$file.new"
    exit 1
fi
[ ! -e "$file" ] || cp -p "$file" "$file.before"
mv "$file.new" "$file"
if "$@" >&2; then
    echo changed
    exit 0
fi
# a file that nginx does not take is no file to be left behind
if [ -e "$file.before" ]; then
    mv "$file.before" "$file"
    "$@" >&2 || true
else
    rm -f "$file"
fi
exit 1
