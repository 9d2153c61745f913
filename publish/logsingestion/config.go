// Package logsingestion publishes records through the Logs Ingestion API of Azure
// Monitor: into a stream of a data collection rule (DCR), which maps it to a table.
//
// The stream declares its columns. What it does not declare the service drops
// without a word, and it makes no table or column by itself. The API knows no
// idempotency: when a connection breaks after the request was sent, the rows may
// be stored although the sink reports a passing error, and a retry stores them
// twice. They have the same FindingId then.
//
// Source of formats and limits: Microsoft Learn, "Logs Ingestion API in Azure
// Monitor" and "Azure Monitor service limits".
package logsingestion

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/tracing"
	"github.com/Azure/azure-sdk-for-go/sdk/monitor/ingestion/azlogs"

	"sparkless/publish/ingest"
)

// DefaultAudience is for whom tokens are in the public cloud. Elsewhere it is
// https://monitor.azure.cn or https://monitor.azure.us.
const DefaultAudience = "https://monitor.azure.com"

// Config says where to send and as whom. The name in the comment of a field is
// its name in messages.
type Config struct {
	// Endpoint is the logs ingestion URL of the rule or of a data collection
	// endpoint (logsingestion.endpoint). Plain http is for loopback hosts only.
	Endpoint string
	// RuleID is the immutable ID of the rule, dcr-… (logsingestion.rule-id).
	RuleID string
	// Stream is the name of the stream in the rule, Custom-… (logsingestion.stream).
	Stream string
	// StreamSetting replaces "stream" in messages, where another setting has it.
	StreamSetting string
	// Audience replaces DefaultAudience, for other clouds (logsingestion.audience).
	Audience string

	// Credential gives the tokens. New needs it; Validate does not ask for it.
	Credential azcore.TokenCredential `json:"-"`
	// Tracing makes spans of requests. Optional.
	Tracing tracing.Provider `json:"-"`
	// Client replaces the HTTP client. Optional; redirects are never followed.
	Client *http.Client `json:"-"`
	// Now replaces the clock that Retry-After is read by. Optional.
	Now func() time.Time `json:"-"`
}

var (
	rulePattern   = regexp.MustCompile(`^dcr-[0-9A-Za-z]{1,64}$`)
	streamPattern = regexp.MustCompile(`^Custom-[0-9A-Za-z_-]{1,100}$`)
)

// Validate reports every setting that cannot work, by name.
func (c Config) Validate() error {
	var errs []error
	report := func(setting string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("logsingestion.%s: %w", setting, err))
		}
	}
	report("endpoint", ingest.CheckEndpoint(c.Endpoint, "https://<name>.<region>.ingest.monitor.azure.com"))
	if !rulePattern.MatchString(c.RuleID) {
		report("rule-id", errors.New("set the immutable ID of the data collection rule, dcr- and 32 digits, from its overview page; it is neither the rule's name nor its resource ID"))
	}
	if !streamPattern.MatchString(c.Stream) {
		report(c.streamSetting(), errors.New("set the name of the stream in the data collection rule, Custom- and letters, digits, '_' and '-'"))
	}
	if c.Audience != "" {
		report("audience", ingest.CheckEndpoint(c.Audience, DefaultAudience))
	}
	return errors.Join(errs...)
}

func (c Config) streamSetting() string { return cmp.Or(c.StreamSetting, "stream") }

// Sink sends to one stream. It is made by New.
type Sink struct {
	name   string
	config Config
	client *azlogs.Client
	signIn *signIn
	format ingest.Format
	limit  time.Duration // of one request
}

// New returns the sink for c, or what Validate reports. It asks nobody yet.
func New(c Config) (*Sink, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Credential == nil {
		return nil, errors.New("logsingestion: there is no credential to sign in with")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Sink{
		name: "logsingestion-" + strings.ToLower(c.RuleID) + "-" + c.Stream + "-" +
			ingest.Digest(strings.ToLower(c.Endpoint)),
		config: c,
		signIn: &signIn{TokenCredential: c.Credential, limit: signInTime},
		format: format(),
		limit:  requestTime,
	}
	var err error
	s.client, err = s.connect()
	return s, err
}

// connect makes a client that signs in by a policy of ours: the one of
// azlogs.NewClient refuses plain http also to this machine, and takes its audience
// from lists of clouds alone. It adds none when it is given no credential.
func (s *Sink) connect() (*azlogs.Client, error) {
	// Two slashes: the audience is the one with a slash at its end.
	scope := strings.TrimRight(cmp.Or(s.config.Audience, DefaultAudience), "/") + "//.default"
	bearer := runtime.NewBearerTokenPolicy(s.signIn, []string{scope}, &policy.BearerTokenOptions{
		// Validate takes http for a loopback host only.
		InsecureAllowCredentialWithHTTP: strings.HasPrefix(strings.ToLower(s.config.Endpoint), "http://"),
	})
	client, err := azlogs.NewClient(strings.TrimRight(s.config.Endpoint, "/"), nil, &azlogs.ClientOptions{
		ClientOptions: azcore.ClientOptions{
			Retry:            policy.RetryOptions{MaxRetries: -1}, // publish.Retry does it
			Telemetry:        policy.TelemetryOptions{ApplicationID: "sparkless"},
			Transport:        ingest.Client(s.config.Client),
			PerRetryPolicies: []policy.Policy{bearer},
			TracingProvider:  s.config.Tracing,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("logsingestion: %w", err)
	}
	return client, nil
}

// Name is "logsingestion-<rule ID>-<stream>-<8 hexadecimal digits of the
// endpoint's SHA-256>".
func (s *Sink) Name() string { return s.name }
