// Package pin keeps the modules that etcd's two tools are built from in go.mod.
package pin

import (
	_ "go.etcd.io/etcd/etcdctl/v3"
	_ "go.etcd.io/etcd/etcdutl/v3"
)
