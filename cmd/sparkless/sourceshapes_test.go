package main

import (
	"fmt"
	"maps"
	"time"
)

const audited = "Microsoft-Windows-Security-Auditing"

// ofEventLog is an event's data, named as in the event log.
func ofEventLog(o object) object {
	data := object{}
	for _, key := range []string{"NewProcessName", "ParentProcessName", "CommandLine"} {
		put(data, key, text(o, key))
	}
	domain, name := account(o)
	put(data, "SubjectDomainName", domain)
	put(data, "SubjectUserName", name)
	return data
}

func toWinlogbeat(o object) object {
	return object{"@timestamp": o["TimeGenerated"], "event": object{"code": fmt.Sprint(o["EventID"]), "kind": "event"}, "message": "…", "agent": object{"type": "winlogbeat", "name": "x"},
		"winlog": object{"event_id": o["EventID"], "provider_name": audited, "channel": "Security", "computer_name": o["Computer"], "event_data": ofEventLog(o)}}
}

func toElastic(o object) object {
	process := object{"pid": 1, "args": []any{"x"}}
	put(process, "executable", text(o, "NewProcessName"))
	put(process, "command_line", text(o, "CommandLine"))
	put(process, "name", text(o, "Process"))
	if parent := text(o, "ParentProcessName"); parent != "" {
		process["parent"] = object{"executable": parent}
	}
	domain, name := account(o)
	user := object{"id": "S-1-5-18"}
	put(user, "domain", domain)
	put(user, "name", name)
	return object{"@timestamp": o["TimeGenerated"], "event": object{"code": fmt.Sprint(o["EventID"]), "provider": audited}, "process": process, "user": user, "host": object{"name": o["Computer"]}}
}

func toElasticDump(o object) object {
	return object{"_index": "logs", "_id": "1", "_source": toElastic(o)}
}

// toSysmon has ID 1 for every event: those that are no creations are another
// provider's.
func toSysmon(o object) object {
	at, _ := time.Parse(time.RFC3339Nano, text(o, "TimeGenerated"))
	s := object{"UtcTime": at.Format("2006-01-02 15:04:05.000"), "EventID": 1, "ProviderName": provider(o, "Microsoft-Windows-Sysmon"), "Computer": o["Computer"], "ProcessGuid": "{x}"}
	put(s, "Image", text(o, "NewProcessName"))
	put(s, "ParentImage", text(o, "ParentProcessName"))
	put(s, "CommandLine", text(o, "CommandLine"))
	put(s, "User", text(o, "Account"))
	return s
}

func toSysmonOfWinlogbeat(o object) object {
	s := toSysmon(o)
	w := object{"event_id": "1", "provider_name": s["ProviderName"], "channel": "Microsoft-Windows-Sysmon/Operational", "computer_name": o["Computer"]}
	delete(s, "ProviderName")
	delete(s, "Computer")
	delete(s, "EventID")
	w["event_data"] = s
	return object{"@timestamp": "2026-01-01T00:00:00Z", "winlog": w}
}

func toEvtx(o object) object {
	return object{"Event": object{"#attributes": object{"xmlns": "x"}, "EventData": ofEventLog(o), "System": object{
		"Provider": object{"#attributes": object{"Name": audited, "Guid": "x"}}, "EventID": object{"#attributes": object{"Qualifiers": ""}, "#text": o["EventID"]},
		"TimeCreated": object{"#attributes": object{"SystemTime": o["TimeGenerated"]}}, "Computer": o["Computer"], "Channel": "Security"}}}
}

func toFlat(o object) object {
	f := ofEventLog(o)
	f["EventID"], f["SourceName"], f["Channel"], f["Hostname"], f["@timestamp"] = o["EventID"], audited, "Security", o["Computer"], o["TimeGenerated"]
	return f
}

func toOwn(o object) object {
	at, _ := time.Parse(time.RFC3339Nano, text(o, "TimeGenerated"))
	return object{"ms": at.UnixMilli(), "kind": object{"id": o["EventID"]}, "p": object{"path": o["NewProcessName"], "by": o["ParentProcessName"], "cmd": o["CommandLine"]}, "who": o["Account"], "host": o["Computer"]}
}

// sourceShape is a source, and how it is told.
type sourceShape struct {
	name    string
	convert func(object) object
	args    []string
}

func sourceShapes() []sourceShape {
	return []sourceShape{
		{"securityevent", maps.Clone[object], nil},
		{"winlogbeat", toWinlogbeat, []string{"--fields", "winlogbeat"}},
		{"elastic", toElastic, []string{"--fields", "elastic"}},
		{"dump", toElasticDump, []string{"--fields", "elastic"}},
		{"sysmon", toSysmon, []string{"--fields", "sysmon"}},
		{"sysmonbeat", toSysmonOfWinlogbeat, []string{"--fields", "sysmon"}},
		{"evtx", toEvtx, []string{"--fields", "evtx"}},
		{"flat", toFlat, []string{"--fields", "flat"}},
		{"own", toOwn, []string{"--event", "4688", "--field", "TimeGenerated=ms", "--field", "EventID=kind.id", "--field", "NewProcessName=p.path", "--field", "ParentProcessName=p.by",
			"--field", "CommandLine=p.cmd", "--field", "Account=who", "--field", "Computer=host"}},
	}
}
