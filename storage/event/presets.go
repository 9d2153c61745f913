package event

import "slices"

// The providers of process creations: ID 4688, "A new process has been created", and
// ID 1 of Sysmon, "Process creation".
const (
	auditing = "Microsoft-Windows-Security-Auditing"
	sysmon   = "Microsoft-Windows-Sysmon"
)

// Preset is how a known source names the columns of process creations.
type Preset struct {
	Name string
	What string // for people
	Fields
}

// SecurityEvent is the name of the preset that is no map: the names of the table.
const SecurityEvent = "securityevent"

// Presets returns the known sources, SecurityEvent first. The names are those of
// the Elastic Common Schema (fields event.*, host.*, process.*, user.*), of
// Winlogbeat's exported fields (winlog.*, and event_data.* up to version 6), of
// Sysmon's event schema, and of evtx_dump, which writes a log's XML as JSON.
func Presets() []Preset {
	return []Preset{
		{SecurityEvent, "the table SecurityEvent", Fields{}},
		{"winlogbeat", "event 4688 as Winlogbeat writes it, winlog.event_data.…", Fields{[]Kind{{4688, auditing}}, winlogbeat()}},
		{"elastic", "event 4688 in the Elastic Common Schema, process.…", Fields{[]Kind{{4688, auditing}}, elastic()}},
		{"sysmon", "event 1 of Sysmon: flat, from Winlogbeat, in the Elastic Common Schema, or from evtx_dump", Fields{[]Kind{{1, sysmon}}, sysmonPaths()}},
		{"evtx", "event 4688 as evtx_dump writes it, Event.EventData.…", Fields{[]Kind{{4688, auditing}}, evtx()}},
		{"flat", "event 4688 with the names of the event log at the top, as NXLog writes it", Fields{[]Kind{{4688, auditing}}, flat()}},
	}
}

// FindPreset returns the preset of that name.
func FindPreset(name string) (Preset, bool) {
	all := Presets()
	i := slices.IndexFunc(all, func(p Preset) bool { return p.Name == name })
	if i < 0 {
		return Preset{}, false
	}
	return all[i], true
}

// PresetNames returns their names.
func PresetNames() []string {
	var names []string
	for _, p := range Presets() {
		names = append(names, p.Name)
	}
	return names
}

func winlogbeat() map[string][]string {
	const data, old = "winlog.event_data.", "event_data."
	return map[string][]string{
		"TimeGenerated":     {"@timestamp"},
		"EventID":           {"winlog.event_id", "event.code", "event_id"},
		Provider:            {"winlog.provider_name", "event.provider", "source_name"},
		"Process":           {"process.name"},
		"NewProcessName":    {data + "NewProcessName", old + "NewProcessName", "process.executable"},
		"ParentProcessName": {data + "ParentProcessName", old + "ParentProcessName", "process.parent.executable"},
		"CommandLine":       {data + "CommandLine", old + "CommandLine", "process.command_line"},
		"Computer":          {"winlog.computer_name", "computer_name", "host.name"},
		"Account": {data + `SubjectDomainName\` + data + "SubjectUserName", old + `SubjectDomainName\` + old + "SubjectUserName",
			`user.domain\user.name`},
	}
}

func elastic() map[string][]string {
	return map[string][]string{
		"TimeGenerated":     {"@timestamp"},
		"EventID":           {"event.code", "winlog.event_id"},
		Provider:            {"event.provider", "winlog.provider_name"},
		"Process":           {"process.name"},
		"NewProcessName":    {"process.executable"},
		"ParentProcessName": {"process.parent.executable", "process.parent.name"},
		"CommandLine":       {"process.command_line"},
		"Computer":          {"host.name", "host.hostname", "winlog.computer_name"},
		"Account":           {`user.domain\user.name`},
	}
}

// sysmonPaths has channels among what tells the provider, since the name of Sysmon's
// begins with it. That of 4688 is Security, which tells none.
func sysmonPaths() map[string][]string {
	prefixes := []string{"", "winlog.event_data.", "event_data.", "EventData.", "Event.EventData."}
	data := func(name string, others ...string) (all []string) {
		for _, p := range prefixes {
			all = append(all, p+name)
		}
		return append(all, others...)
	}
	system := eventSystem()
	return map[string][]string{
		"TimeGenerated":     data("UtcTime", append([]string{"@timestamp"}, system["TimeGenerated"]...)...),
		"EventID":           append([]string{"EventID", "winlog.event_id", "event.code", "event_id"}, system["EventID"]...),
		Provider:            append([]string{"ProviderName", "SourceName", "winlog.provider_name", "event.provider", "source_name", "Provider", "Channel", "winlog.channel"}, append(system[Provider], "Event.System.Channel")...),
		"Process":           {"process.name"},
		"NewProcessName":    data("Image", "process.executable"),
		"ParentProcessName": data("ParentImage", "process.parent.executable"),
		"CommandLine":       data("CommandLine", "process.command_line"),
		"Computer":          append([]string{"Computer", "Hostname", "winlog.computer_name", "computer_name", "host.name"}, system["Computer"]...),
		"Account":           data("User", `user.domain\user.name`),
	}
}

// eventSystem is what stands in the part System of an event's XML.
func eventSystem() map[string][]string {
	const system = "Event.System."
	return map[string][]string{
		"TimeGenerated": {system + "TimeCreated.#attributes.SystemTime"},
		"EventID":       {system + "EventID", system + "EventID.#text"},
		Provider:        {system + "Provider.#attributes.Name"},
		"Computer":      {system + "Computer"},
	}
}

func evtx() map[string][]string {
	const data = "Event.EventData."
	paths := eventSystem()
	paths["NewProcessName"] = []string{data + "NewProcessName"}
	paths["ParentProcessName"] = []string{data + "ParentProcessName"}
	paths["CommandLine"] = []string{data + "CommandLine"}
	paths["Account"] = []string{data + `SubjectDomainName\` + data + "SubjectUserName"}
	paths["Process"] = []string{data + "Process"}
	return paths
}

func flat() map[string][]string {
	return map[string][]string{
		"TimeGenerated":     {"TimeGenerated", "@timestamp", "TimeCreated", "EventTime"},
		"EventID":           {"EventID", "EventId", "Id"},
		Provider:            {"ProviderName", "SourceName", "Provider"},
		"Process":           {"Process"},
		"NewProcessName":    {"NewProcessName"},
		"ParentProcessName": {"ParentProcessName"},
		"CommandLine":       {"CommandLine"},
		"Computer":          {"Computer", "Hostname", "MachineName"},
		"Account":           {"Account", `SubjectDomainName\SubjectUserName`},
	}
}
