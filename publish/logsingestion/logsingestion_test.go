package logsingestion

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"go.uber.org/goleak"

	"sparkless/publish"
	"sparkless/publish/publishtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	rule   = "dcr-00000000000000000000000000000abc"
	stream = "Custom-MasqueradingProcessName"
)

// declared are the columns of the suite's records and of the tests here.
var declared = []publishtest.Column{
	{Name: "TimeStamp", Type: "datetime"}, {Name: "NormalProcess", Type: "string"},
	{Name: "PotentiallyMaliciousProcess", Type: "string"}, {Name: "AnomalyScore", Type: "real"},
	{Name: "FindingId", Type: "string"}, {Name: "DataDay", Type: "datetime"}, {Name: "MaliciousCount", Type: "long"},
	{Name: "Paths", Type: "dynamic"}, {Name: "a", Type: "string"},
}

func start(t *testing.T, change ...func(*publishtest.LogsIngestionConfig)) *publishtest.LogsIngestion {
	t.Helper()
	c := publishtest.LogsIngestionConfig{RuleID: rule, Stream: stream, Columns: declared}
	for _, f := range change {
		f(&c)
	}
	server, err := publishtest.NewLogsIngestion(c)
	if err == nil {
		err = server.Start("")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// credential gives the tokens of a server, or what its function gives.
type credential func(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error)

func (c credential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return c(ctx, o)
}

func tokensOf(server *publishtest.LogsIngestion) credential {
	return func(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
		token, expires := server.Token()
		return azcore.AccessToken{Token: token, ExpiresOn: expires}, nil
	}
}

func fixed(token string) credential {
	return func(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
		return azcore.AccessToken{Token: token, ExpiresOn: time.Now().Add(time.Hour)}, nil
	}
}

func sinkAt(t *testing.T, url string, c azcore.TokenCredential) *Sink {
	t.Helper()
	sink, err := New(Config{Endpoint: url, RuleID: rule, Stream: stream, Credential: c})
	if err != nil {
		t.Fatal(err)
	}
	return sink
}

func bodies(texts ...string) []publish.Record {
	records := make([]publish.Record, len(texts))
	for i, text := range texts {
		records[i] = publish.Record{ID: fmt.Sprintf("r%d", i), Day: "2026-11-20", Body: json.RawMessage(text)}
	}
	return records
}

func sendAll(t *testing.T, sink publish.Sink, records []publish.Record) {
	t.Helper()
	for len(records) > 0 {
		n, err := sink.Send(t.Context(), records)
		if err != nil || n < 1 {
			t.Fatal(n, err)
		}
		records = records[n:]
	}
}

func TestSuite(t *testing.T) {
	publishtest.TestSink(t, func(t *testing.T) publishtest.Destination {
		server := start(t)
		script := func(f publishtest.Fault) func() func() {
			return func() func() {
				server.Script(f)
				return func() {}
			}
		}
		return publishtest.Destination{
			Sink: sinkAt(t, server.URL(), tokensOf(server)), Again: sinkAt(t, server.URL()+"/", tokensOf(server)),
			Held: func() ([]string, error) {
				var ids []string
				for _, row := range server.Rows() {
					ids = append(ids, row.Values["FindingId"].(string))
				}
				return ids, nil
			},
			Refuse:  script(publishtest.Fault{Status: 413}),
			Misset:  script(publishtest.Fault{Status: 404}),
			Deny:    script(publishtest.Fault{Status: 403}),
			Disturb: script(publishtest.Fault{Status: 503}),
		}
	})
}

func TestColumns(t *testing.T) {
	server := start(t)
	sink := sinkAt(t, server.URL(), tokensOf(server))
	sendAll(t, sink, bodies(`{"TimeStamp":"2026-11-21T00:00:00.0000000Z","NormalProcess":"svchost.exe","Undeclared":1,"AnomalyScore":0.8666667,`+
		`"MaliciousCount":9007199254740993,"Paths":[{"value":"C:\\x\u202e\ud800","count":1}, null],"a":null}`))
	row := server.Rows()[0]
	if want := []string{"TimeStamp", "NormalProcess", "AnomalyScore", "MaliciousCount", "Paths"}; !slices.Equal(row.Columns, want) || row.Table != stream {
		t.Errorf("%+v", row)
	}
	paths, _ := row.Values["Paths"].(json.RawMessage)
	if row.Values["AnomalyScore"] != 0.8666667 || row.Values["MaliciousCount"] != int64(9007199254740993) ||
		string(paths) != "[{\"value\":\"C:\\\\x\u202e\uFFFD\",\"count\":1},null]" {
		t.Errorf("%v, %s", row.Values, paths)
	}
}

// TestBatchesFillUpToTheLimits goes through the server, which counts bytes with
// and without compression.
func TestBatchesFillUpToTheLimits(t *testing.T) {
	for name, c := range map[string]struct {
		row     string
		records int
		want    []int
	}{
		"bytes": {`{"a":"` + strings.Repeat("ö", 30_000) + `"}`, 15, []int{14, 1}},
		"count": {`{"a":"1"}`, 5_001, []int{5_000, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t)
			sendAll(t, sinkAt(t, server.URL(), tokensOf(server)), bodies(slices.Repeat([]string{c.row}, c.records)...))
			var got []int
			for _, p := range server.Posts() {
				got = append(got, p.Records)
				if p.Plain > 900_000 || p.Records > 1 && p.Bytes > p.Plain/10 {
					t.Errorf("%d bytes, %d without compression", p.Bytes, p.Plain)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("posts of %v records, want %v", got, c.want)
			}
		})
	}
}

// TestTheLimitIsTheServices: the whole of it is taken, one byte more is not, and
// is refused as content.
func TestTheLimitIsTheServices(t *testing.T) {
	server := start(t)
	sink := sinkAt(t, server.URL(), tokensOf(server))
	sink.format.Bytes, sink.format.Value = 2<<20, 2<<20
	for excess, status := range map[int]int{0: 204, 1: 413} {
		n, err := sink.Send(t.Context(), bodies(`{"a":"`+strings.Repeat("x", 1<<20-len(`[{"a":""}]`)+excess)+`"}`))
		posts := server.Posts()
		if last := posts[len(posts)-1]; last.Status != status || last.Plain != 1<<20+excess || (n == 1) != (status == 204) {
			t.Errorf("%+d: %+v, %v", excess, last, err)
		}
		checkKind(t, err, map[int]error{413: publish.ErrRefused}[status], "413")
	}
}

func TestLongValuesAreCutVisibly(t *testing.T) {
	server := start(t)
	text, err := json.Marshal(strings.Repeat("語😀", 10_000))
	if err != nil {
		t.Fatal(err)
	}
	sendAll(t, sinkAt(t, server.URL(), tokensOf(server)), bodies(fmt.Sprintf(`{"a":%s,"Paths":[%s,%s]}`, text, text, text)))
	row := server.Rows()[0]
	var paths []string
	if err := json.Unmarshal(row.Values["Paths"].(json.RawMessage), &paths); err != nil || len(paths) != 2 {
		t.Fatalf("%d, %v", len(paths), err)
	}
	for _, s := range append(paths, row.Values["a"].(string)) {
		if len(s) > 64_000 || len(s) < 26_900 || !strings.HasSuffix(s, "[cut, 70000 bytes in all]") || strings.Contains(s, "\uFFFD") {
			t.Errorf("%d bytes, ends %q", len(s), s[len(s)-40:])
		}
	}
}

func TestRecordsThatCanNeverBeSent(t *testing.T) {
	var wide, long []string
	for i := range 501 {
		wide = append(wide, fmt.Sprintf(`"f%d":1`, i))
	}
	for i := range 15 {
		long = append(long, fmt.Sprintf(`"f%d":"%s"`, i, strings.Repeat("x", 64_000)))
	}
	f := format()
	for _, body := range []string{
		`[]`, `{"a b":1}`, `{"é":1}`, `{"":1}`, `{"_a":1}`, `{"1a":1}`, `{"` + strings.Repeat("a", 46) + `":1}`,
		`{"_ResourceId":1}`, `{"id":1}`, `{"_SubscriptionId":1}`, `{"TenantId":1}`, `{"Type":1}`, `{"UniqueId":1}`, `{"title":1}`,
		"{" + strings.Join(wide, ",") + "}", "{" + strings.Join(long, ",") + "}",
	} {
		if _, n, err := f.Batch(bodies(body)); n != 0 {
			t.Errorf("%.40s: %d", body, n)
		} else {
			checkKind(t, err, publish.ErrRefused, `"r0"`)
		}
		if got, n, err := f.Batch(bodies(`{"a":1}`, body, `{"a":2}`)); n != 1 || err != nil || string(got) != `[{"a":1}]` {
			t.Errorf("%.40s: %s, %d, %v", body, got, n, err)
		}
	}
	for _, body := range []string{`{"` + strings.Repeat("a", 45) + `":1}`, "{" + strings.Join(wide[:500], ",") + "}", "{" + strings.Join(long[:14], ",") + "}"} {
		if _, n, err := f.Batch(bodies(body)); n != 1 || err != nil {
			t.Errorf("%.40s: %d, %v", body, n, err)
		}
	}
}
