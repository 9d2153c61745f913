package logsingestion

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"sparkless/publish"
	"sparkless/publish/ingest"
)

// RoleError is the publish.ErrDenied of an identity that lacks the role on the
// rule, as far as the service says whose and where.
type RoleError struct {
	ObjectID string // of the identity
	Rule     string // the resource ID of the data collection rule
	Err      error
}

// Error is the text of Err.
func (e *RoleError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *RoleError) Unwrap() error { return e.Err }

// Check implements publish.Checker. It uploads an empty list: the service looks at
// the token, the role, the rule and the stream before it, and what it makes of the
// list alone is not documented.
func (s *Sink) Check(ctx context.Context) (string, error) {
	err := s.call(ctx, []byte("[]"), nil)
	if err == nil {
		return "signed in, and a call with an empty list of records is taken", nil
	}
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	said := s.explain(err, ingest.Silent)
	switch {
	case errors.Is(said, publish.ErrRefused):
		return fmt.Sprintf("signed in, and of a call with an empty list of records only the list is refused (%s)", codeOf(err)), nil
	case errors.Is(said, publish.ErrDenied):
		return "", whose(err, said)
	}
	return "", said
}

func codeOf(err error) string {
	if refused, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return fmt.Sprint(refused.StatusCode)
	}
	return "no status"
}

var (
	deniedObject = regexp.MustCompile(`\bobjectId ([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\b`)
	deniedRule   = regexp.MustCompile(`(?i)\b(?:DcrArmId:|resourceId) (/subscriptions/[A-Za-z0-9/._()-]{1,600}/dataCollectionRules/[A-Za-z0-9._()-]{1,90})(?:[, ]|$)`)
)

// whose makes a RoleError of a refusal.
func whose(err, said error) error {
	refused, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok {
		return said // there was no token
	}
	text, _ := runtime.Payload(refused.RawResponse) // what there is of it
	role := &RoleError{Err: said}
	if m := deniedObject.FindSubmatch(text); m != nil {
		role.ObjectID = string(m[1])
	}
	if m := deniedRule.FindSubmatch(text); m != nil {
		role.Rule = string(m[1])
	}
	return role
}
