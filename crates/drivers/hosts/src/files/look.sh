LC_ALL=C
export LC_ALL
if [ -d "$1" ]; then
  echo folder
elif [ ! -e "$1" ]; then
  echo absent
else
  sum=$(sha256sum < "$1") && about=$(stat -L -c '%a %U:%G' -- "$1") || exit 1
  echo "${sum%% *} $about"
fi
