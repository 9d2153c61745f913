package network

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"sparkless/storage"
	"sparkless/storage/event"
)

// read returns the connections of lines, and what was counted.
func read(t *testing.T, mode event.Mode, lines []byte) (*Connections, event.Stats) {
	t.Helper()
	q := New(DefaultParams(), "", 1).Spec().Query
	q.Mode = mode
	s := event.NewScanner(q, day(20))
	if err := s.Open(t.Context(), memory{lines}, event.Whole(storage.Blob{Name: "PT05M.json", Size: int64(len(lines))})); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := NewConnections()
	for s.Scan() {
		c.Add(s.Record())
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return c, s.Stats()
}

// Connections are the same whether a workspace exports the table or Microsoft Defender
// XDR streams it, in whichever order the keys are.
func TestStreamedConnections(t *testing.T) {
	var exported, streamed bytes.Buffer
	for _, c := range browsing(rand.New(rand.NewPCG(1, 1)), day(20), 30, 500) {
		columns := map[string]any{"ActionType": c.action, "DeviceName": c.device, "RemoteIP": c.address, "RemotePort": c.port, "RemoteUrl": c.url, "Protocol": c.protocol,
			"InitiatingProcessFileName": c.file, "InitiatingProcessFolderPath": c.path, "InitiatingProcessCommandLine": c.command + " \"ü\"\t",
			"InitiatingProcessParentFileName": c.parent, "InitiatingProcessAccountName": c.account, "AdditionalFields": map[string]any{"ActionType": "x"}}
		at := c.at.Format(time.RFC3339Nano)
		write := func(to *bytes.Buffer, of map[string]any) {
			line, err := json.Marshal(of)
			if err != nil {
				t.Fatal(err)
			}
			to.Write(append(line, "\r\n"...))
		}
		columns["Timestamp"] = at
		write(&streamed, map[string]any{"time": day(21).From.Format(time.RFC3339), "tenantId": "x", "operationName": "Publish", "category": "AdvancedHunting-DeviceNetworkEvents", "properties": columns})
		delete(columns, "Timestamp")
		columns["TimeGenerated"] = at
		write(&exported, columns)
	}
	for mode := range event.Strict + 1 {
		want, stats := read(t, mode, exported.Bytes())
		got, counted := read(t, mode, streamed.Bytes())
		if !bytes.Equal(encoded(t, got), encoded(t, want)) || stats.Records != 500 || counted.Records != 500 || counted.Lines != 500 || want.totals.Kept < 100 {
			t.Errorf("mode %d: of a workspace %+v, streamed %+v", mode, want.totals, got.totals)
		}
	}
}

// Events of another table are none of the hunt's.
func TestOtherTables(t *testing.T) {
	const at = `"TimeGenerated":"2026-11-20T10:00:00Z"`
	for _, line := range []string{
		fmt.Sprintf(`{%s,"EventID":4688,"Process":"a.exe","Computer":"h1"}`, at),
		fmt.Sprintf(`{%s,"ActionType":"ProcessCreated","DeviceName":"h1","FileName":"a.exe","FolderPath":"C:\\a.exe"}`, at),
		fmt.Sprintf(`{%s,"properties":{"ActionType":"ProcessCreated","DeviceName":"h1"}}`, at),
		fmt.Sprintf(`{%s,"properties":"{\"ActionType\":\"ConnectionSuccess\",\"RemoteIP\":\"8.8.8.8\"}"}`, at),
		fmt.Sprintf(`{%s,"RemoteIP":"8.8.8.8"}`, at),
		`{"time":"x"}`, `{}`,
	} {
		for mode := range event.Strict + 1 {
			if c, stats := read(t, mode, []byte(line+"\n")); c.totals != (totals{}) || stats.Other != 1 || stats.Lines != 1 || stats.MalformedLines() != 0 {
				t.Errorf("%s gives %+v, %+v", line, c.totals, stats)
			}
		}
	}
}
