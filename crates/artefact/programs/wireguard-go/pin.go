// Package pin keeps the modules that the wireguard-go binary is built from in go.mod.
package pin

import _ "golang.zx2c4.com/wireguard"
