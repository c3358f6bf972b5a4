# seconds that an answer may take; "address port" on each line of standard input
set -u
LC_ALL=C
export LC_ALL
if command -v bash > /dev/null; then
  attempt='timeout "$0" bash -c ": < /dev/tcp/$1/$2"'
elif command -v nc > /dev/null; then
  attempt='timeout "$0" nc -z -v "$1" "$2"'
else
  exit 44
fi
# silence is the usual answer, and takes its time: many are waited for at once
exec xargs -n 2 -P 100 sh -c '
said=$('"$attempt"' 2>&1)
case $? in
  0) answer=open ;;
  124) answer=silent ;;
  *)
    case $said in
      *refused*) answer=refused ;;
      *) answer=silent ;;
    esac
    ;;
esac
echo "$1 $2 $answer"' "$1"
