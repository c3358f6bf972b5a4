command -v nft > /dev/null || { echo "there is no nft: install package nftables"; exit 1; }
nft -c -f '@RULES@'
