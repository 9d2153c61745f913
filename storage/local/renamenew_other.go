//go:build !linux && !darwin

package local

import (
	"errors"
	"os"
)

// renameNew is not known to this system.
func renameNew(*os.File, string, string) error { return errors.ErrUnsupported }
