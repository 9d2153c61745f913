package sentinel_test

import (
	"slices"
	"testing"
)

// alertEvent are the fields of the ASIM Alert schema, version 0.1, and of its common
// fields, as far as findings fill them. Mandatory ones must be there.
var alertEvent = map[string]struct {
	kind      string
	mandatory bool
}{
	"TimeGenerated": {"datetime", true}, "Type": {"string", true}, "AdditionalFields": {"dynamic", false},
	"EventCount": {"int", true}, "EventStartTime": {"datetime", true}, "EventEndTime": {"datetime", true}, "EventType": {"string", true},
	"EventSubType": {"string", false}, "EventUid": {"string", true}, "EventOriginalUid": {"string", false}, "EventProduct": {"string", true},
	"EventVendor": {"string", true}, "EventSchema": {"string", true}, "EventSchemaVersion": {"string", true}, "EventSeverity": {"string", false},
	"EventOriginalSeverity": {"string", false}, "EventResult": {"string", false}, "EventMessage": {"string", false},
	"Dvc": {"string", true}, "DvcHostname": {"string", false}, "DvcDomain": {"string", false}, "DvcDomainType": {"string", false}, "DvcFQDN": {"string", false},
	"Hostname": {"string", false}, "AlertId": {"string", false}, "AlertName": {"string", false}, "AlertDescription": {"string", false},
	"AlertStatus": {"string", false}, "AlertVerdict": {"string", false}, "DetectionMethod": {"string", false}, "Rule": {"string", false}, "RuleName": {"string", false},
	"ThreatCategory": {"string", false}, "ThreatOriginalCategory": {"string", false}, "ThreatConfidence": {"int", false}, "ThreatOriginalConfidence": {"string", false},
	"ThreatFirstReportedTime": {"datetime", false}, "ThreatLastReportedTime": {"datetime", false}, "IndicatorType": {"string", false}, "IndicatorAssociation": {"string", false},
	"AttackTactics": {"string", false}, "AttackTechniques": {"string", false}, "Username": {"string", false}, "UsernameType": {"string", false}, "User": {"string", false},
	"ProcessName": {"string", false}, "ProcessCommandLine": {"string", false}, "FileName": {"string", false}, "FilePath": {"string", false},
}

func TestASIMFieldsHaveTheirTypes(t *testing.T) {
	for _, p := range load(t).parsers {
		if p.ParserName == "" {
			continue
		}
		has := columnTypes(results(t).full[p.body()])
		for name, kind := range has {
			if field, ok := alertEvent[name]; !ok || field.kind != kind {
				t.Errorf("%s: %s is a %s, want %q", p.file, name, kind, field.kind)
			}
		}
		for name, field := range alertEvent {
			if field.mandatory && has[name] == "" {
				t.Errorf("%s has no %s", p.file, name)
			}
		}
		if p.Normalization.Schema != "AlertEvent" || p.Normalization.Version != "0.1" || p.name() != "ASimAlertEventSparkless" {
			t.Errorf("%s: %+v", p.file, p.Normalization)
		}
	}
}

// Rules on the classic table query these names.
func TestCompatibilityFunctionHasTheFourNames(t *testing.T) {
	for _, p := range load(t).parsers {
		if p.name() != "MasqueradingProcessNameResult" {
			continue
		}
		var names []string
		for _, c := range results(t).full[p.body()].Columns {
			names = append(names, c.Name+" "+c.Type)
		}
		want := []string{"TimeGenerated datetime", "TimeStamp_t datetime", "NormalProcess_s string", "PotentiallyMaliciousProcess_s string", "AnomalyScore_d real"}
		if !slices.Equal(names, want) {
			t.Errorf("%v, want %v", names, want)
		}
		return
	}
	t.Error("there is no such function")
}
