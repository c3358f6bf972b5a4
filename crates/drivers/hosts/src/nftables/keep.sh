nft list table inet mosipctl > "$1/table" 2> /dev/null || rm -f "$1/table"
