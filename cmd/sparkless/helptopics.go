package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// helpTopics are what `sparkless help` tells of beside commands.
func helpTopics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "environment", Short: "Every setting, its environment variable, and what else is read there", Long: environmentTopic()},
		{Use: "exit-codes", Short: "What the exit code says", Long: exitCodesTopic()},
		{Use: "fields", Short: "How events are read that are not the table SecurityEvent's", Long: fieldsTopic()},
		{Use: "formats", Short: "What findings, the report, the summary and the work store look like", Long: formatsTopic()},
	}
}

// topic is the text of a help topic in the making.
type topic struct{ strings.Builder }

func (t *topic) say(lines ...string) { t.WriteString(strings.Join(lines, "\n") + "\n\n") }

// list adds rows, as blocks reads them.
func (t *topic) list(rows []row) {
	for _, r := range rows {
		fmt.Fprintf(t, "  %s  %s\n", r.term, r.text)
	}
	t.WriteString("\n")
}

func environmentTopic() string {
	var t topic
	t.say("A setting comes from a flag, else from its environment variable, else from the settings file, else it has its default. "+
		"The variable is the setting's name in capitals, behind "+envPrefix+"_, with _ for each dot and hyphen. An empty variable is not set. "+
		"A variable that begins so and is no setting is an error. A list has commas between its texts.",
		"`sparkless config show` prints what is in force and where it comes from.")
	for i, g := range flagGroups() {
		var rows []row
		for _, s := range settings() {
			if placeOf(s.key, "") == i {
				rows = append(rows, environmentRow(s)...)
			}
		}
		if len(rows) > 0 {
			t.say("# " + g.title)
			t.list(rows)
		}
	}
	t.say("# Beside settings")
	t.list(otherVariables())
	return t.String()
}

func environmentRow(s setting) []row {
	env := envName(s.key)
	if s.secret {
		return []row{{env, s.help + "; a secret, which has no flag"}, {env + fileSuffix, "a file that holds it and nothing else"}}
	}
	text := s.help + "; --" + s.flag
	if value := fmt.Sprint(s.value); value != "" && value != "[]" && value != "0" && value != "false" {
		text += " (default " + value + ")"
	}
	return []row{{env, text}}
}

// otherVariables are read and set nothing that a settings file could.
func otherVariables() []row {
	return []row{
		{configVariable, "the settings file, as --config names it; config.yaml in the working directory if neither does and it is there"},
		{"GOMEMLIMIT", "memory the process may take, where job.memory is auto"},
		{"GOMAXPROCS", "how many processors it may keep busy"},
		{"NO_COLOR", "no colours if it is not empty"},
		{columnsVariable, "width of help and tables in characters, whatever the window has"},
		{"AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_CLIENT_SECRET, …", "whom to sign in as: all that the Azure SDK's DefaultAzureCredential reads"},
		{"HTTPS_PROXY, NO_PROXY", "the way to Azure"},
		{"TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, …", "the settings temporal.*, where neither a flag nor a variable of ours sets them, as Temporal's own tools read them: also TEMPORAL_TLS_SERVER_CA_CERT_PATH, TEMPORAL_TLS_CLIENT_CERT_PATH, TEMPORAL_TLS_CLIENT_KEY_PATH and TEMPORAL_TLS_SERVER_NAME"},
		{indexVariable, "which of the pods of an Indexed Job this is, from 0, for `sparkless shard`"},
		{executionVariable, "the execution of a Container Apps job, the RunId in the record of the run"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME, …", "where metrics and traces go, as OpenTelemetry's SDKs read them; nowhere without them"},
	}
}

func exitCodesTopic() string {
	var t topic
	var rows []row
	for _, m := range exitMeanings() {
		rows = append(rows, row{fmt.Sprint(m.code), m.what})
	}
	t.list(rows)
	t.say("Of several steps or days that go wrong the most serious one counts. A scheduled job may repeat whatever is not 0: what is done is not done again, " +
		"and what was sent is not sent again.")
	return t.String()
}

func formatsTopic() string {
	var t topic
	t.say("# Findings", "Records go to stdout as `--format` says and to each file of `--out`, in the format that its ending names.")
	var rows []row
	for _, f := range formats() {
		rows = append(rows, row{f.name, f.what})
	}
	t.list(rows)
	t.say("# A finding's fields", "No name is ever changed. In every profile:")
	t.list(fieldRows(everyFields()))
	t.say("In every profile but notebook also these, left out where they are empty or 0:")
	t.list(fieldRows(judgedFields()))
	t.say("# The report", "`--report FILE`, or `sparkless report` of earlier days, writes one HTML file that loads nothing and needs no network. "+
		"What events hold lies in it as escaped JSON and is shown as text.")
	t.say("# The summary", "`--summary-json FILE` writes one JSON object about the run: what was read, missing and malformed, what was found, suppressed and delivered. `sparkless schema` prints the JSON Schemas of findings, of the summary and of the record of a run.")
	t.say("# The work store", "A folder or a container of its own. Everything but outbox and receipts may be deleted, at the price of reading the day again; "+
		"partials, profiles, outbox and receipts carry a version and a checksum.")
	t.list(workFiles())
	return t.String()
}

func fieldRows(fields []field) []row {
	var rows []row
	for _, f := range fields {
		rows = append(rows, row{strings.Join(f.names, ", "), f.what})
	}
	return rows
}
