package publish

import (
	"context"
	"errors"
)

// ErrUntold means that a destination does not say whether it takes records unless
// it is sent some.
var ErrUntold = errors.New("it cannot be told without publishing")

// Checker is what a Sink offers that can ask its destination whether it would take
// records, and publishes nothing for it.
type Checker interface {
	// Check returns what it has seen. Its error is one that Send would return, or
	// ErrUntold.
	Check(ctx context.Context) (seen string, err error)
}
