// Package pin keeps the modules that the kwok binary is built from in go.mod.
package pin

import _ "sigs.k8s.io/kwok/cmd/kwok"
