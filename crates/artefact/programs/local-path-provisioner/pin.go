// Package pin keeps the modules that the local-path-provisioner binary is built from in go.mod.
package pin

import _ "github.com/rancher/local-path-provisioner"
