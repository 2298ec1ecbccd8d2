//go:build tools

package contract

import (
	// The generator, pinned here so that go.mod records its version.
	_ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
)
