package cluster

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/log"

	"sparkless/storage/secret"
)

// What the SDK says of its own parts, or of what was called off, is not for everybody;
// what goes wrong is.
func TestWhatTheSDKSays(t *testing.T) {
	var said bytes.Buffer
	d := discreet{log.NewStructuredLogger(slog.New(slog.NewTextHandler(&said, nil))), secret.Text{}}
	d.Info("a part began")
	d.Warn("a heartbeat", "Error", context.Canceled)
	d.Warn("a heartbeat", "Error", serviceerror.NewCanceled("context canceled"))
	if said.Len() > 0 {
		t.Error(said.String())
	}
	d.Warn("a poll", "Error", errors.New("no route"))
	if !strings.Contains(said.String(), "no route") {
		t.Error("a failure was not told")
	}
}
