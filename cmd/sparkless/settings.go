package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/tracing"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/publish/anomaly"
	"sparkless/publish/datacollector"
	"sparkless/publish/health"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/secret"
)

// setting is one thing that can be set: by flag, over environment, over
// config.yaml, over the default.
type setting struct {
	key    string // in config.yaml; SPARKLESS_… with _ for . and - in the environment
	flag   string // "" for none: a secret never stands on a command line
	value  any    // the default; its type is the setting's
	help   string
	secret bool
}

// envPrefix starts the name of every environment variable of ours.
const envPrefix = "SPARKLESS"

// configVariable names the environment variable with the settings file.
const configVariable = envPrefix + "_CONFIG"

// settings are all that there are, in the order in which they are shown.
func settings() []setting {
	return slices.Concat(sourceSettings(), runSettings(), manySettings(), huntSettings(), masqueradeSettings(), outputSettings())
}

// sourceSettings are the settings of where events come from, and where what is kept of them goes.
func sourceSettings() []setting {
	return []setting{
		{"storage.folder", "folder", "", "read exports from this folder: a container's content, or what holds its folder", false},
		{"storage.account", "account", "", "read exports from this storage account, signed in with Azure credentials", false},
		{"storage.endpoint", "endpoint", "", "URL of the blob service, for other clouds and emulators", false},
		{"storage.container", "container", masquerade.Container, "container of the export", false},
		{"storage.layout", "layout", string(storage.LayoutAuto), "export reads by the folders of an export, plain every file by the times of its events; auto is plain in a folder where there are no such folders", false},
		{"storage.workspace", "workspace", "", "resource ID or name of the workspace to read; every one if empty", false},
		{"storage.client-id", "client-id", "", "client ID of the user-assigned managed identity to sign in with", false},
		{"storage.connection-string", "", "", "connection string of the storage account", true},
		{"storage.account-key", "", "", "key of the storage account", true},
		{"storage.sas", "", "", "shared access signature for the storage account", true},
		{"storage.emulator", "emulator", false, "read from Azurite on this machine", false},

		{"fields.preset", "fields", event.SecurityEvent, "how the source names the fields of events: " + strings.Join(event.PresetNames(), ", "), false},
		{"fields.map", "field", []string{}, "where the source has a field, like NewProcessName=process.executable, before the preset's; repeatable", false},
		{"fields.events", "event", []string{}, "ID of the events to read, also with its provider as in 1@Microsoft-Windows-Sysmon, in place of the preset's; repeatable", false},

		{"key-vault.url", "key-vault", "", "read secrets that are set nowhere else from this key vault, like https://my-vault.vault.azure.net", false},

		{"work.folder", "work-folder", "", "keep partials, profiles, outbox and receipts in this folder; sparkless-work if exports come from a folder", false},
		{"work.container", "work-container", "", "keep them in this container of the storage account; sparkless-work if exports come from an account", false},
	}
}

// runSettings are the settings of what is read, and how.
func runSettings() []setting {
	j := job.DefaultConfig()
	return []setting{
		{"window.from", "from", "", "the first UTC day of a backfill, where no flag tells its days", false},
		{"window.to", "to", "", "the day after its last", false},
		{"window.last", "last", "", "in their place so many days before today, like 7d; of a run the time up to now, like 24h", false},

		{"job.scope", "scope", "", "name of the estate in IDs and in the work store; the workspace's name, or all", false},
		{"job.workers", "workers", 0, "how many blobs, or pieces of large ones, to read at a time; 0 chooses: one a processor from a folder, 16 or more from an account", false},
		{"job.shard-size", "shard-size", "auto", "about how much makes a shard, the unit of restart, like 64MiB; auto suits the day", false},
		{"job.memory", "memory", "auto", "memory the process may take, like 1GiB; auto is GOMEMLIMIT, or nine tenths of the container's or the machine's", false},
		{"job.history", "history", fmt.Sprint(j.History, "d"), "how many days before the analysed one are looked back on, as far as their profiles are kept, like 30d; 0 for none", false},
		{"job.max-malformed", "max-malformed", j.MaxMalformed, "share of lines that may be unreadable before the run fails", false},
		{"job.partial-malformed", "partial-malformed", j.PartialMalformed, "share of unreadable lines above which a result counts as partial", false},
		{"job.missing-hours", "missing-hours", j.MissingHours, "hours without blobs that a day may have before its result counts as partial", false},
		{"job.fail-on-partial", "fail-on-partial", false, "exit with 1, not 3, when a result is partial", false},
		{"job.wait", "wait", j.Wait.String(), "how long to wait for another run of the same day", false},
		{"job.strict", "strict", false, "check every line to its end, somewhat slower", false},
	}
}

// masqueradeSettings are the settings of the hunt for masquerading names, and what it is to keep quiet.
func masqueradeSettings() []setting {
	m := masquerade.NotebookParams()
	return []setting{
		{"masquerade.profile", "profile", masquerade.Balanced, "what is reported: " + strings.Join(masquerade.Profiles(), ", "), false},
		{"masquerade.min-score", "min-score", "auto", "least score of a finding, 0 to 100; auto is the profile's", false},
		{"masquerade.weights", "weight", []string{}, "points for evidence or context, like folder=40; repeatable", false},
		{"masquerade.facts", "facts", "", "YAML file with more Windows names, parents and known-good names", false},
		{"masquerade.frequent", "frequent", m.Frequent, "least percent rank of a frequent name", false},
		{"masquerade.rare", "rare", m.Rare, "percent rank below which a name is rare", false},
		{"masquerade.similarity", "similarity", m.Similarity, "similarity to a frequent name above which a rare one resembles it, by the notebook's rule", false},
		{"masquerade.self-test", "self-test", true, "say how many synthetic impostors would be caught", false},

		{"suppress.file", "suppressions", "", "keep findings quiet that the rules in this YAML file cover; none if empty", false},
		{"suppress.show", "show-suppressed", false, "print suppressed findings too, behind the others", false},
	}
}

// outputSettings are the settings of where findings go, and what is shown.
func outputSettings() []setting {
	return []setting{
		{"output.format", "format", "auto", "what stdout gets: table, json, jsonl, csv or parquet; auto is a table, or JSON lines in a dry run", false},
		{"output.report", "report", "", "write the HTML report to this file", false},
		{"output.summary", "summary-json", "", "write a summary of the run to this file, as JSON", false},
		{"output.fail-on", "fail-on", "", "exit with 10 if a finding is at least so severe: low, medium, high, or any", false},
		{"output.files", "out", []string{}, "write findings to this file, .jsonl, .json, .csv or .parquet; {day} becomes the day; repeatable", false},
		{"datacollector.workspace-id", "datacollector-workspace-id", "", "send findings to this Log Analytics workspace by the Data Collector API", false},
		{"datacollector.shared-key", "", "", "key of that workspace", true},
		{"datacollector.log-type", "datacollector-log-type", datacollector.DefaultLogType, "table to send to, without _CL", false},
		{"datacollector.health-log-type", "datacollector-health-log-type", "", "send a record of each run to this table of the workspace, without _CL, like " + health.LogType + "; none if empty", false},
		{"datacollector.anomaly-log-type", "datacollector-anomaly-log-type", anomaly.LogType, "table to send findings of other hunts than masquerade to, without _CL", false},
		{"datacollector.endpoint", "datacollector-endpoint", "", "URL of the API, for other clouds", false},
		{"datacollector.resource-id", "datacollector-resource-id", "", "Azure resource that the records belong to", false},
		{"logsingestion.endpoint", "logsingestion-endpoint", "", "send findings by the Logs Ingestion API to this URL of a data collection rule or endpoint", false},
		{"logsingestion.rule-id", "logsingestion-rule-id", "", "immutable ID of the data collection rule, dcr-…", false},
		{"logsingestion.stream", "logsingestion-stream", "", "stream of that rule, Custom-…", false},
		{"logsingestion.health-stream", "logsingestion-health-stream", "", "send a record of each run to this stream of that rule, like " + health.Stream + "; none if empty", false},
		{"logsingestion.anomaly-stream", "logsingestion-anomaly-stream", anomaly.Stream, "stream of that rule for findings of other hunts than masquerade", false},
		{"logsingestion.audience", "logsingestion-audience", "", "whom tokens are for in other clouds, like https://monitor.azure.us", false},
		{"job.dry-run", "dry-run", false, "publish nothing; show the records that would be sent", false},

		{"display.quiet", "quiet", false, "print findings, warnings and errors, and nothing else", false},
		{"display.no-color", "no-color", false, "print no colours; so does the environment variable NO_COLOR", false},
		{"display.no-progress", "no-progress", false, "show no progress", false},
		{"log.level", "log-level", "info", "debug, info, warn or error", false},
		{"log.format", "log-format", "auto", "text, json, or auto: text on a terminal", false},
	}
}

// shorthand is the flag of one letter, if a flag has one.
func shorthand(flag string) string {
	if flag == "quiet" {
		return "q"
	}
	return ""
}

// addFlags gives a command the flags of all settings, but those whose names are taken by
// flags of its own.
func addFlags(cmd *cobra.Command) {
	for _, s := range settings() {
		if s.flag == "" || strings.HasPrefix(s.key, "window.") || cmd.Flags().Lookup(s.flag) != nil { // flags of time are for commands that go through some
			continue
		}
		switch v := s.value.(type) {
		case string:
			cmd.Flags().String(s.flag, v, s.help)
		case int:
			cmd.Flags().Int(s.flag, v, s.help)
		case float64:
			cmd.Flags().Float64(s.flag, v, s.help)
		case bool:
			cmd.Flags().BoolP(s.flag, shorthand(s.flag), v, s.help)
		case []string:
			cmd.Flags().StringArray(s.flag, v, s.help)
		}
		cmd.Flags().Lookup(s.flag).Annotations = map[string][]string{settingOf: {s.key}}
	}
	cmd.Flags().String("config", "", "settings file; config.yaml in the working directory if it is there")
}

// values are the effective settings and where each comes from.
type values struct {
	v       *viper.Viper // of a secret it holds no more than that there is one
	file    settingsFile
	origin  map[string]string
	secrets map[string]secret.Text
	tracing tracing.Provider // of Azure's clients

	together bool // the command is about runs of many machines, whatever job.engine says
}

// loadSettings reads flags, environment and settings file. With an error, which
// names all that is wrong, the values are there too: as far as they could be read.
func loadSettings(flags *pflag.FlagSet) (*values, error) {
	v := viper.New()
	v.SetEnvPrefix(envPrefix)
	v.SetEnvKeyReplacer(strings.NewReplacer(".", "_", "-", "_"))
	v.AutomaticEnv()
	file, err := readFile(flags)
	vals := &values{v: v, file: file, origin: map[string]string{}, secrets: map[string]secret.Text{}}
	err = errors.Join(err, unknownEnvironment(os.Environ()), vals.readSecrets(file.v))
	if failed := v.MergeConfigMap(withoutSecrets(file.v.AllSettings())); failed != nil {
		return vals, errors.Join(err, fmt.Errorf("%s: %w", file.name, failed))
	}
	for _, s := range settings() {
		if s.secret {
			continue
		}
		v.SetDefault(s.key, s.value)
		flag := flags.Lookup(s.flag)
		if flag != nil && keyOf(flag) != s.key {
			flag = nil
		}
		if flag != nil {
			if err := v.BindPFlag(s.key, flag); err != nil {
				return nil, err
			}
		}
		if standard, ok := standardVariables()[s.key]; ok {
			if err := v.BindEnv(s.key, envName(s.key), standard); err != nil {
				return nil, err
			}
		}
		vals.origin[s.key] = originOf(s, flag, file)
	}
	return vals, errors.Join(err, vals.checkTypes(), vals.checkVault())
}

// originOf says where a setting comes from that is no secret.
func originOf(s setting, flag *pflag.Flag, file settingsFile) string {
	if flag != nil && flag.Changed {
		return "flag --" + s.flag
	}
	for _, env := range envNames(s.key) {
		if os.Getenv(env) != "" {
			return "environment " + env
		}
	}
	if file.v.IsSet(s.key) {
		return file.at(s.key)
	}
	return "default"
}

func envName(key string) string {
	return envPrefix + "_" + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(key))
}

// unknownEnvironment finds variables that look like settings and are none: in a
// container the environment is all there is, and a typo there must not pass.
func unknownEnvironment(environ []string) error {
	known := []string{configVariable}
	for _, s := range settings() {
		known = append(known, envName(s.key))
		if s.secret {
			known = append(known, envName(s.key)+fileSuffix)
		}
	}
	var errs []error
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		// Kubernetes sets …_SERVICE_HOST and …_PORT… for a service of our name.
		service := strings.HasPrefix(name, envPrefix+"_SERVICE_") || strings.HasPrefix(name, envPrefix+"_PORT")
		if strings.HasPrefix(name, envPrefix+"_") && !service && !slices.Contains(known, name) {
			errs = append(errs, fmt.Errorf("environment: %s is no setting%s", address(name), didYouMean(nearest(name, known), "`sparkless help environment` lists them")))
		}
	}
	return errors.Join(errs...)
}
