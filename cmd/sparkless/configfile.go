package main

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"sparkless/publish/health"
)

// defaultConfig is the settings file that is read where none is named.
const defaultConfig = "config.yaml"

// configWidth is how wide the comments of a settings file are, in characters.
const configWidth = 100

const configHead = `Settings of sparkless. A line that begins with #, and no space behind it, is a setting that
is not set: it shows the default, or an example where there is none. Take the # away to set it.

A flag goes before an environment variable, and that before this file: storage.account is
--account and SPARKLESS_STORAGE_ACCOUNT. Secrets are best kept out of this file: each has its
variable, and another one, with _FILE behind it, for the name of a file that holds it.

  sparkless config validate  says what is wrong with the settings
  sparkless config show      prints each effective setting and its origin`

// sectionNotes stand above sections of a settings file.
func sectionNotes() map[string]string {
	return map[string]string{
		"storage":       "Where exports are read from, one of: a folder, a storage account, the emulator.",
		"fields":        "What events are like that are not the table SecurityEvent's.",
		"key-vault":     "Secrets that are set nowhere else: saConnectionString, wsResourceId, wsId and wsSharedKey, as the Synapse notebook named them, and temporalApiKey.",
		"work":          "The work store, never the container of the export. One of:",
		"window":        "Which time is hunted through, where no flag tells it. From and to are for `sparkless backfill` alone; last is in their place. One of environment and file tells all of it.",
		"job":           "How the job runs.",
		"temporal":      "How a Temporal server is reached, where job.engine is temporal. Nothing here is looked at otherwise. Temporal's own variables, like TEMPORAL_ADDRESS, are read where ours are not set.",
		"hunts":         "Which hunts run. One container is read once for all that read it.",
		"process":       "The hunt through executions.",
		"network":       "The hunt through connections.",
		"masquerade":    "What the hunt for masquerading names finds.",
		"suppress":      "What is known and kept quiet.",
		"output":        "What is written.",
		"datacollector": "Delivery by the HTTP Data Collector API.",
		"logsingestion": "Delivery by the Logs Ingestion API, signed in with Azure credentials.",
		"display":       "What is shown.",
		"log":           "The log, on stderr.",
	}
}

// settingExamples are values of settings that have no default to show.
func settingExamples() map[string]any {
	const resource = "/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/soc/providers/microsoft.operationalinsights/workspaces/law-soc"
	return map[string]any{
		"storage.folder":                "./export",
		"storage.account":               "mystorage",
		"storage.endpoint":              "https://mystorage.blob.core.chinacloudapi.cn",
		"storage.workspace":             resource,
		"fields.map":                    []string{"NewProcessName=process.path", `Account=user.domain\user.name`},
		"fields.events":                 []string{"1@Microsoft-Windows-Sysmon"},
		"storage.client-id":             "00000000-0000-0000-0000-000000000000",
		"key-vault.url":                 "https://my-vault.vault.azure.net",
		"work.folder":                   defaultWork,
		"work.container":                defaultWork,
		"window.from":                   "2026-11-01",
		"window.to":                     "2026-12-01",
		"window.last":                   "7d",
		"job.scope":                     "all",
		"temporal.address":              "temporal.internal:7233",
		"temporal.tls-ca":               "ca.pem",
		"temporal.tls-cert":             "client.pem",
		"temporal.tls-key":              "client-key.pem",
		"temporal.tls-server-name":      "temporal.example.com",
		"masquerade.weights":            []string{"folder=50", "few-hosts=5"},
		"process.model":                 "process-model.json",
		"masquerade.facts":              "facts.yaml",
		"suppress.file":                 defaultRules,
		"output.report":                 "report.html",
		"output.summary":                "summary.json",
		"output.fail-on":                "high",
		"output.files":                  []string{"findings-{day}.jsonl", "findings-{day}.csv"},
		"datacollector.workspace-id":    "00000000-0000-0000-0000-000000000000",
		"datacollector.endpoint":        "https://00000000-0000-0000-0000-000000000000.ods.opinsights.azure.cn",
		"datacollector.resource-id":     resource,
		"logsingestion.endpoint":        "https://my-rule-a1b2.westeurope-1.ingest.monitor.azure.com",
		"logsingestion.rule-id":         "dcr-00000000000000000000000000000000",
		"logsingestion.stream":          "Custom-MasqueradingProcessName",
		"logsingestion.health-stream":   health.Stream,
		"datacollector.health-log-type": health.LogType,
		"logsingestion.audience":        "https://monitor.azure.us",
	}
}

// configFile is a settings file that explains every setting, and sets those that
// are given. It is YAML; a text that is not valid UTF-8 is an error.
func configFile(given map[string]any) (string, error) {
	var b strings.Builder
	for line := range strings.Lines(configHead) {
		b.WriteString(strings.TrimRight("# "+line, " \n") + "\n")
	}
	notes, last := sectionNotes(), ""
	for _, s := range sortedBySection() {
		section, name, _ := strings.Cut(s.key, ".")
		if section != last {
			b.WriteString("\n")
			comment(&b, "", notes[section])
			fmt.Fprintf(&b, "%s:\n", section)
			last = section
		}
		if err := writeSetting(&b, s, name, given); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

// sortedBySection are the settings with those of a section beside each other.
func sortedBySection() []setting {
	all, place := settings(), map[string]int{}
	for i, s := range all {
		section, _, _ := strings.Cut(s.key, ".")
		if _, ok := place[section]; !ok {
			place[section] = i
		}
	}
	slices.SortStableFunc(all, func(a, b setting) int {
		first, _, _ := strings.Cut(a.key, ".")
		second, _, _ := strings.Cut(b.key, ".")
		return place[first] - place[second]
	})
	return all
}

func writeSetting(b *strings.Builder, s setting, name string, given map[string]any) error {
	const margin = "  "
	if s.secret {
		comment(b, margin, fmt.Sprintf("secret: %s; set %s, or %s", s.help, envName(s.key), envName(s.key)+fileSuffix))
		return nil
	}
	comment(b, margin, s.help)
	value, set := given[s.key]
	mark := ""
	if !set {
		value, mark = s.value, "#"
		if example, ok := settingExamples()[s.key]; ok {
			value = example
		}
	}
	text, err := inline(value)
	if err != nil {
		return fmt.Errorf("%s: %w", s.key, err)
	}
	fmt.Fprintf(b, "%s%s%s: %s\n", margin, mark, name, text)
	return nil
}

// inline is a value in YAML, on one line.
func inline(value any) (string, error) {
	var n yaml.Node
	switch v := value.(type) {
	case string:
		n = quotable(v)
	case []string:
		n = yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, text := range v {
			one := quotable(text)
			n.Content = append(n.Content, &one)
		}
	default:
		if err := n.Encode(value); err != nil {
			return "", err
		}
	}
	text, err := yaml.Marshal(&n)
	return strings.TrimSuffix(string(text), "\n"), err
}

// quotable is a text that gets quotes where it needs them, and where it has several
// lines: these would not stay on one.
func quotable(text string) yaml.Node {
	n := yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	if strings.Contains(text, "\n") {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// comment writes a text as comments behind a margin.
func comment(b *strings.Builder, margin, text string) {
	for _, line := range wrap(text, configWidth-len(margin)-2) {
		fmt.Fprintf(b, "%s# %s\n", margin, line)
	}
}
