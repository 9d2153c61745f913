package logsingestion

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sparkless/publish"
	"sparkless/publish/publishtest"
)

var _ publish.Checker = (*Sink)(nil)

func TestCheckAgainstTheServer(t *testing.T) {
	good := start(t)
	seen, err := sinkAt(t, good.URL(), tokensOf(good)).Check(t.Context())
	if err != nil || !strings.Contains(seen, "only the list is refused (400)") {
		t.Errorf("%q, error %v", seen, err)
	}
	if _, err := sinkAt(t, good.URL(), fixed(someToken)).Check(t.Context()); !errors.Is(err, publish.ErrDenied) {
		t.Errorf("with a token of nobody's: %v", err)
	}
	for _, c := range []struct {
		change func(*publishtest.LogsIngestionConfig)
		kind   error
		want   string
	}{
		{func(c *publishtest.LogsIngestionConfig) { c.RuleID = "dcr-0" }, publish.ErrSettings, "logsingestion.rule-id"},
		{func(c *publishtest.LogsIngestionConfig) { c.Stream = "Custom-Other" }, publish.ErrSettings, "logsingestion.stream"},
		{func(c *publishtest.LogsIngestionConfig) { c.NoRole = true }, publish.ErrDenied, "Monitoring Metrics Publisher"},
	} {
		server := start(t, c.change)
		_, err := sinkAt(t, server.URL(), tokensOf(server)).Check(t.Context())
		checkKind(t, err, c.kind, c.want)
		role, ok := errors.AsType[*RoleError](err)
		if ok != errors.Is(c.kind, publish.ErrDenied) {
			t.Errorf("%v", err)
		}
		if ok && (role.ObjectID != "00000000-0000-0000-0000-00000000bbbb" || !strings.HasSuffix(role.Rule, "/soc/providers/Microsoft.Insights/dataCollectionRules/sparkless")) {
			t.Errorf("%+v", role)
		}
		if rows := server.Rows(); len(rows) > 0 {
			t.Errorf("stored: %v", rows)
		}
	}
}

func TestCheckAnswers(t *testing.T) {
	rule := func(name string) string {
		return "/subscriptions/0f0e/resourceGroups/soc/providers/Microsoft.Insights/dataCollectionRules/" + name
	}
	for name, test := range map[string]struct {
		status   int
		body     string
		kind     error
		passes   bool
		id, rule string
	}{
		"taken":           {204, "", nil, true, "", ""},
		"list refused":    {400, `{"error":{"code":"InvalidPayload","message":"empty"}}`, nil, true, "", ""},
		"busy":            {503, "", nil, false, "", ""},
		"denied, no more": {403, "", publish.ErrDenied, false, "", ""},
		"rule alone":      {403, `{"error":{"code":"OperationFailed","message":"DcrArmId: ` + rule("a_b-c.d") + `, Message"}}`, publish.ErrDenied, false, "", rule("a_b-c.d")},
		"hostile rule":    {403, `{"error":{"message":"objectId $(reboot) on resourceId ` + rule("x;reboot") + ` DcrArmId: ` + rule("$(reboot)") + `, "}}`, publish.ErrDenied, false, "", ""},
		"a page":          {200, "<html>", publish.ErrSettings, false, "", ""},
	} {
		seen, err := sinkAt(t, answering(t, test.status, test.body), fixed(someToken)).Check(t.Context())
		checkKind(t, err, test.kind, "")
		if (err == nil) != test.passes || (seen != "") != test.passes {
			t.Errorf("%s: %q, error %v", name, seen, err)
		}
		if role, ok := errors.AsType[*RoleError](err); ok && (role.ObjectID != test.id || role.Rule != test.rule) {
			t.Errorf("%s: %+v", name, role)
		}
	}
}

func TestCheckEndsWithItsContext(t *testing.T) {
	asked, released := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(asked)
		<-released
	}))
	defer server.Close()
	cause := fmt.Errorf("told to stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	go func() { <-asked; cancel(cause) }()
	if _, err := sinkAt(t, server.URL, fixed(someToken)).Check(ctx); !errors.Is(err, cause) {
		t.Errorf("error %v", err)
	}
	close(released)
}
