// Package pin keeps the modules that the etcd binary is built from in go.mod.
package pin

import _ "go.etcd.io/etcd/server/v3"
