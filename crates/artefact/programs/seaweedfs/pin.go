// Package pin keeps the modules that the SeaweedFS binary is built from in go.mod.
package pin

import _ "github.com/seaweedfs/seaweedfs/weed"
