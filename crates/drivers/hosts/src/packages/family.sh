# Which family of packages a host has: what it says it is comes before what lies on it, for either kind of tool can be had on both.
of_rpm() (
  ID= ID_LIKE=
  [ ! -r /etc/os-release ] || . /etc/os-release
  case " $ID $ID_LIKE " in
    *" rhel "* | *" centos "* | *" fedora "*) exit 0 ;;
  esac
  exit 1
)
