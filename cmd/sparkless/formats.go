package main

// format is one way in which findings are written.
type format struct {
	name string // of --format, and the ending of a file's name
	what string
	file bool // for --out, too
}

// formats are those of findings.
func formats() []format {
	return []format{
		{"table", "for people: one line a finding, in the width of the window, what differs in brackets, names spelled out where they could deceive", false},
		{"json", "one array of records", true},
		{"jsonl", "one record a line, UTF-8, each as it is published", true},
		{"csv", "RFC 4180 with a header of all names; a list is its JSON; what a spreadsheet would take for a formula begins with an apostrophe", true},
		{"parquet", "one row a record, with a column for each name", true},
	}
}

func formatNames() []string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

// fileEndings are how files for findings may end.
func fileEndings() []string {
	var endings []string
	for _, f := range formats() {
		if f.file {
			endings = append(endings, f.name)
		}
	}
	return endings
}

// field describes names of a finding's record that belong together.
type field struct {
	names []string
	what  string
}

// everyFields are the names that a record has in every profile.
func everyFields() []field {
	return []field{
		{[]string{"TimeStamp"}, "the end of the analysed day or window"},
		{[]string{"NormalProcess", "PotentiallyMaliciousProcess"}, "the imitated name and the suspect, lower-cased. They are equal if a Windows program's name ran in a wrong way; the first is empty if the suspect is odd in itself"},
		{[]string{"AnomalyScore"}, "the notebook's similarity, 0 to 1, whatever the evidence; 1 for equal names, 0 without an imitated name"},
		{[]string{"FindingId"}, "of the pair: the same on every day, in every run and in every profile"},
		{[]string{"DataDay"}, "the analysed UTC day; of another window its start"},
		{[]string{"Scope"}, "the estate: the workspace's name and a digest of its resource ID, `all` for several, or `job.scope`"},
		{[]string{"Distance"}, "edits between the names, without an extension they share"},
		{[]string{"MaliciousCount", "NormalCount", "MaliciousPercentRank", "NormalPercentRank"}, "how often each was seen, and where that stands among all names. Of a Windows name that ran in a wrong way the first counts such events"},
		{[]string{"FirstSeen", "LastSeen"}, "of the suspect on that day"},
		{[]string{"Paths", "Hosts", "Parents", "Accounts", "CommandLines"}, "of the suspect: up to eight values of each, with exact counts"},
		{[]string{"NormalPaths"}, "of the imitated name"},
		{[]string{"Reasons"}, "why, in words: the evidence, the strongest first, then how often, where and since when it was seen"},
		{[]string{"Technique"}, "MITRE ATT&CK, of the strongest evidence"},
	}
}

// judgedFields are those that a record has beside them in every profile but notebook.
func judgedFields() []field {
	return []field{
		{[]string{"Severity", "Score"}, "`High`, `Medium`, `Low` or `Informational`, and the score from 0 to 100"},
		{[]string{"Evidence"}, "a list of `name`, `points` and `reason`, the strongest first"},
		{[]string{"Modifiers"}, "the same, of what was added to the strongest evidence's points"},
		{[]string{"Techniques"}, "MITRE ATT&CK, of all the evidence"},
		{[]string{"Tactic", "AttackTactic"}, "`DefenseEvasion`, as Microsoft Sentinel names the tactic, and `Stealth`, as ATT&CK has named it since version 19"},
		{[]string{"AlsoLike"}, "other names that the suspect resembles, up to eight"},
		{[]string{"HostCount", "NormalHostCount", "EstateHosts"}, "hosts with the suspect (within 6 percent above eight), with the imitated name, and with any event (within a percent above 8,192)"},
		{[]string{"HistoryDays", "DaysSeen", "FirstSeenEver"}, "how many days before were looked back on, on how many of them the suspect was seen, and when first"},
		{[]string{"HoursSeen"}, "the hours of the day in which the suspect was seen, 0 to 23, UTC"},
	}
}

// workFiles are the files of the work store.
func workFiles() []row {
	return []row{
		{"partials/<scope>/masquerade/<day>/<shard key>.parquet", "what one shard holds; the key covers names, sizes and ETags"},
		{"profiles/<scope>/masquerade/day=<day>/profile.parquet", "what the day holds: query it with any Parquet tool; window=<label> of another window"},
		{"quarantine/<scope>/masquerade/<day>/<shard key>.jsonl", "lines that could not be used"},
		{"runs/<scope>/masquerade/<day>/<run>/", "a run on many machines: its plan, the pieces that it was read in, and what it came to"},
		{"outbox/<scope>/masquerade/<day>.jsonl", "the findings and whom they are owed to, written before the first is sent"},
		{"receipts/<sink>/<scope>/masquerade/<day>/<batch>.jsonl", "what each sink has taken, one file a batch"},
		{"refused/<sink>/<scope>/masquerade/<day>.jsonl", "what a sink has refused, to be tried last"},
		{"locks/<scope>/masquerade/<day>", "who is at work on the day"},
	}
}
