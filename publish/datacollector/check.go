package datacollector

import (
	"context"
	"fmt"
	"net/http"

	"sparkless/publish"
	"sparkless/publish/ingest"
)

// noRecord is a body in which there can be no record: it is no JSON.
const noRecord = "["

// Check implements publish.Checker. It posts what is no JSON, once signed with the
// key and once with another one. The documentation says what the service answers
// to each mistake, and not which it looks for first: only where the two answers
// differ has it looked at the signature, and taken the key for right.
func (s *Sink) Check(ctx context.Context) (string, error) {
	right, err := s.ask(ctx, []byte(noRecord), s.key)
	if err != nil {
		return "", unanswered(ctx, err)
	}
	hint, kind := s.verdict(right)
	malformed := right.Status == http.StatusBadRequest && right.Code == "InvalidDataFormat"
	if right.Status != http.StatusOK && !malformed {
		return "", right.Err(kind, hint, s.config.Now())
	}
	wrong, err := s.ask(ctx, []byte(noRecord), other(s.key))
	if err != nil {
		return "", unanswered(ctx, err)
	}
	if wrong.Status != http.StatusForbidden && wrong.Status != http.StatusUnauthorized {
		return "", fmt.Errorf("%w: a call without a record is answered %s with a wrong key as with the right one", publish.ErrUntold, shown(wrong))
	}
	return fmt.Sprintf("the key is right: a call without a record is answered %s, with another key %s", shown(right), shown(wrong)), nil
}

func unanswered(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// other is a key as long as another that is surely none of its workspace.
func other(key []byte) []byte {
	flipped := make([]byte, len(key))
	for i, b := range key {
		flipped[i] = ^b
	}
	return flipped
}

func shown(a ingest.Answer) string {
	if a.Code == "" {
		return fmt.Sprint(a.Status)
	}
	return fmt.Sprintf("%d %s", a.Status, a.Code)
}
