// Package datacollector publishes records through the HTTP Data Collector API
// of Azure Monitor, into the custom table <Log-Type>_CL of a workspace.
//
// The API passed its end-of-support date on 2026-09-14 and still takes data. It
// knows no idempotency: when a connection breaks after the request was sent, the
// rows may be stored although the sink reports a passing error, and a retry
// stores them twice. They have the same FindingId then.
//
// Source of formats and limits: Microsoft Learn, "Send log data to Azure Monitor
// by using the HTTP Data Collector API".
package datacollector

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"sparkless/publish/columns"
	"sparkless/publish/ingest"
	"sparkless/storage/secret"
)

// DefaultLogType is the table that rules for the Synapse notebook query.
const DefaultLogType = "MasqueradingProcessNameResult"

// Config says where to send and as whom. Printing it with any verb of fmt shows
// no key.
type Config struct {
	// WorkspaceID is the GUID of the Log Analytics workspace.
	WorkspaceID string
	// SharedKey is the primary or secondary key of the workspace, in base64.
	SharedKey secret.Text `json:"-"`
	// LogType names the table, without "_CL". Empty means DefaultLogType.
	LogType string
	// LogTypeSetting replaces "log-type" in messages, where another setting has it.
	LogTypeSetting string
	// Endpoint replaces https://<WorkspaceID>.ods.opinsights.azure.com: another
	// cloud's, or a local server. Plain http is for loopback hosts only.
	Endpoint string
	// ResourceID fills the column _ResourceId. Optional.
	ResourceID string
	// TimeGeneratedField names the field whose time becomes TimeGenerated; the
	// service replaces times older than two days. Optional.
	TimeGeneratedField string

	// Client replaces the HTTP client. Optional; redirects are never followed.
	Client *http.Client `json:"-"`
	// Now replaces the clock that dates the requests. Optional.
	Now func() time.Time `json:"-"`
}

// Format keeps the key out of every text that fmt makes of a Config.
func (c Config) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "{workspace-id %q, log-type %q}", c.WorkspaceID, c.LogType)
}

var (
	workspacePattern = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	logTypePattern   = regexp.MustCompile(`^[A-Za-z0-9_]{1,100}$`)
	resourcePattern  = regexp.MustCompile(`^/subscriptions/[!-~ ]*[!-~]$`)
)

// Validate reports every setting that cannot work, by name, and never the key.
func (c Config) Validate() error {
	var errs []error
	report := func(bad bool, text string) {
		if bad {
			errs = append(errs, errors.New("datacollector."+text))
		}
	}
	report(!workspacePattern.MatchString(c.WorkspaceID),
		"workspace-id: set the workspace ID, a GUID, from the workspace's overview page")
	report(!validKey(c.SharedKey),
		"shared-key: set the primary or secondary key of the workspace, whole and in base64 as shown there")
	report(c.LogType != "" && !logTypePattern.MatchString(c.LogType),
		c.logTypeSetting()+": use 1 to 100 letters, digits and underscores")
	report(strings.HasSuffix(c.LogType, "_CL"),
		c.logTypeSetting()+": leave _CL out, the service appends it")
	report(c.ResourceID != "" && !resourcePattern.MatchString(c.ResourceID),
		"resource-id: set a whole resource ID that begins with /subscriptions/, or nothing")
	report(c.TimeGeneratedField != "" && columns.CheckClassic(c.TimeGeneratedField) != nil,
		"time-generated-field: set the name of a field (letters, digits, underscores, at most 45), or nothing")
	if c.Endpoint != "" {
		if err := ingest.CheckEndpoint(c.Endpoint, "https://<workspace-id>.ods.opinsights.azure.cn"); err != nil {
			errs = append(errs, fmt.Errorf("datacollector.endpoint: %w", err))
		}
	}
	return errors.Join(errs...)
}

func (c Config) logTypeSetting() string { return cmp.Or(c.LogTypeSetting, "log-type") }

func validKey(key secret.Text) bool {
	raw, err := base64.StdEncoding.DecodeString(key.Reveal())
	return err == nil && len(raw) > 0
}

// Sink sends to one table of one workspace. It is made by New.
type Sink struct {
	name   string
	url    string
	key    []byte
	config Config
	client *http.Client
	format ingest.Format
}

// New returns the sink for c, or what Validate reports.
func New(c Config) (*Sink, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.LogType == "" {
		c.LogType = DefaultLogType
	}
	name := "datacollector-" + strings.ToLower(c.WorkspaceID) + "-" + c.LogType
	if c.Endpoint != "" {
		name += "-" + ingest.Digest(c.Endpoint)
	} else {
		c.Endpoint = "https://" + c.WorkspaceID + ".ods.opinsights.azure.com"
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	key, err := base64.StdEncoding.DecodeString(c.SharedKey.Reveal())
	if err != nil {
		return nil, errors.New("datacollector.shared-key is not base64")
	}
	return &Sink{
		name:   name,
		url:    strings.TrimRight(c.Endpoint, "/") + resource + "?api-version=2016-04-01",
		key:    key,
		config: c,
		client: ingest.Client(c.Client),
		format: format(),
	}, nil
}

// Name is "datacollector-<workspace ID>-<Log-Type>", and with an Endpoint of its
// own "-<8 hexadecimal digits of the endpoint's SHA-256>".
func (s *Sink) Name() string { return s.name }
