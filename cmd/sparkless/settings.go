package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/publish/datacollector"
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

func settings() []setting {
	j, m := job.DefaultConfig(), masquerade.NotebookParams()
	return []setting{
		{"storage.folder", "folder", "", "read exports from this folder: a container's content, or what holds its folder", false},
		{"storage.account", "account", "", "read exports from this storage account, signed in with Azure credentials", false},
		{"storage.endpoint", "endpoint", "", "URL of the blob service, for other clouds and emulators", false},
		{"storage.container", "container", masquerade.Container, "container of the export", false},
		{"storage.workspace", "workspace", "", "resource ID or name of the workspace to read; every one if empty", false},
		{"storage.client-id", "client-id", "", "client ID of the user-assigned managed identity to sign in with", false},
		{"storage.connection-string", "", "", "connection string of the storage account", true},
		{"storage.account-key", "", "", "key of the storage account", true},
		{"storage.sas", "", "", "shared access signature for the storage account", true},
		{"storage.emulator", "emulator", false, "read from Azurite on this machine", false},

		{"key-vault.url", "key-vault", "", "read secrets that are set nowhere else from this key vault, like https://my-vault.vault.azure.net", false},

		{"work.folder", "work-folder", "", "keep partials, profiles, outbox and receipts in this folder; sparkless-work if exports come from a folder", false},
		{"work.container", "work-container", "", "keep them in this container of the storage account; sparkless-work if exports come from an account", false},

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

		{"output.report", "report", "", "write the HTML report to this file", false},
		{"output.files", "out", []string{}, "write findings to this file, .jsonl, .json or .csv; {day} becomes the day; repeatable", false},
		{"datacollector.workspace-id", "datacollector-workspace-id", "", "send findings to this Log Analytics workspace by the Data Collector API", false},
		{"datacollector.shared-key", "", "", "key of that workspace", true},
		{"datacollector.log-type", "datacollector-log-type", datacollector.DefaultLogType, "table to send to, without _CL", false},
		{"datacollector.endpoint", "datacollector-endpoint", "", "URL of the API, for other clouds", false},
		{"datacollector.resource-id", "datacollector-resource-id", "", "Azure resource that the records belong to", false},
		{"logsingestion.endpoint", "logsingestion-endpoint", "", "send findings by the Logs Ingestion API to this URL of a data collection rule or endpoint", false},
		{"logsingestion.rule-id", "logsingestion-rule-id", "", "immutable ID of the data collection rule, dcr-…", false},
		{"logsingestion.stream", "logsingestion-stream", "", "stream of that rule, Custom-…", false},
		{"logsingestion.audience", "logsingestion-audience", "", "whom tokens are for in other clouds, like https://monitor.azure.us", false},
		{"job.dry-run", "dry-run", false, "publish nothing; show the records that would be sent", false},

		{"log.level", "log-level", "info", "debug, info, warn or error", false},
		{"log.format", "log-format", "auto", "text, json, or auto: text on a terminal", false},
	}
}

// addFlags gives a command the flags of all settings.
func addFlags(cmd *cobra.Command) {
	for _, s := range settings() {
		if s.flag == "" {
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
			cmd.Flags().Bool(s.flag, v, s.help)
		case []string:
			cmd.Flags().StringArray(s.flag, v, s.help)
		}
	}
	cmd.Flags().String("config", "", "settings file; config.yaml in the working directory if it is there")
}

// values are the effective settings and where each comes from.
type values struct {
	v       *viper.Viper // of a secret it holds no more than that there is one
	file    string       // the settings file that was read, if any
	origin  map[string]string
	secrets map[string]secret.Text
}

// loadSettings reads flags, environment and settings file.
func loadSettings(flags *pflag.FlagSet) (*values, error) {
	v := viper.New()
	v.SetEnvPrefix(envPrefix)
	v.SetEnvKeyReplacer(strings.NewReplacer(".", "_", "-", "_"))
	v.AutomaticEnv()
	file, inFile, err := readFile(flags)
	if err != nil {
		return nil, err
	}
	vals := &values{v, file, map[string]string{}, map[string]secret.Text{}}
	if err := errors.Join(unknownEnvironment(os.Environ()), vals.readSecrets(inFile)); err != nil {
		return nil, err
	}
	if err := v.MergeConfigMap(withoutSecrets(inFile.AllSettings())); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, s := range settings() {
		if s.secret {
			continue
		}
		v.SetDefault(s.key, s.value)
		flag := flags.Lookup(s.flag)
		if flag != nil {
			if err := v.BindPFlag(s.key, flag); err != nil {
				return nil, err
			}
		}
		env := envName(s.key)
		switch {
		case flag != nil && flag.Changed:
			vals.origin[s.key] = "flag --" + s.flag
		case os.Getenv(env) != "":
			vals.origin[s.key] = "environment " + env
		case inFile.IsSet(s.key):
			vals.origin[s.key] = file
		default:
			vals.origin[s.key] = "default"
		}
	}
	return vals, errors.Join(vals.checkTypes(), vals.checkVault())
}

func envName(key string) string {
	return envPrefix + "_" + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(key))
}

// unknownEnvironment finds variables that look like settings and are none: in a
// container the environment is all there is, and a typo there must not pass.
func unknownEnvironment(environ []string) error {
	known := []string{envPrefix + "_CONFIG"}
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
			errs = append(errs, fmt.Errorf("environment: %s is no setting; `sparkless config show` lists them", address(name)))
		}
	}
	return errors.Join(errs...)
}

// readFile reads the settings file that --config or the environment names, or
// config.yaml where there is one, and returns its name to show. A key that is no setting is an error.
func readFile(flags *pflag.FlagSet) (string, *viper.Viper, error) {
	v := viper.New()
	file, _ := flags.GetString("config")
	if file == "" {
		file = os.Getenv(envPrefix + "_CONFIG")
	}
	optional := file == ""
	if optional {
		file = "config.yaml"
	}
	shown := address(file)
	v.SetConfigFile(file)
	v.SetConfigType("yaml")
	switch err := v.ReadInConfig(); {
	case optional && errors.Is(err, fs.ErrNotExist):
		return "", v, nil
	case errors.As(err, new(*fs.PathError)):
		return shown, v, fmt.Errorf("settings file %s: %w", shown, withoutPath(err))
	case err != nil:
		return shown, v, fmt.Errorf("settings file %s: not sections with settings in them: %s", shown, unquoted(err))
	}
	var unknown []error
	known := settings()
	for _, key := range v.AllKeys() {
		if !slices.ContainsFunc(known, func(s setting) bool { return s.key == key }) {
			unknown = append(unknown, fmt.Errorf("%s: there is no setting %s; `sparkless config show` lists them", shown, shownKey(key)))
		}
	}
	slices.SortFunc(unknown, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return shown, v, errors.Join(unknown...)
}

// unquoted is what a YAML error says before it quotes the file, which may hold a
// secret just there.
func unquoted(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if i := strings.IndexAny(text, "'\"`"); i >= 0 {
		text = strings.TrimRight(text[:i], " ")
	}
	return text
}

// shownKey quotes what stands where a setting's name should, unless it looks
// like a value.
func shownKey(key string) string {
	if !regexp.MustCompile(`^[a-z0-9_.-]{1,48}$`).MatchString(key) {
		return "of that name (not shown: it may hold a secret)"
	}
	return strconv.Quote(key)
}
