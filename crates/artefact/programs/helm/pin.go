// Package pin keeps the modules that the helm binary is built from in go.mod.
package pin

import _ "helm.sh/helm/v4/cmd/helm"
