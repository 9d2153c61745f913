// Command azure writes the templates that deploy sparkless to Azure, and the bodies
// that start its backfill, into the folder of this file: `go run ./deploy/azure` from
// the module's root. The tables and streams are those of deploy/logs-ingestion.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"sparkless/deploy/azure/template"
)

func main() {
	files, err := generate(filepath.Join("deploy", "logs-ingestion"))
	for name, content := range files {
		if err == nil {
			err = os.WriteFile(filepath.Join("deploy", "azure", filepath.FromSlash(name)), content, 0o644)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// generate makes every generated file of this folder, by name.
func generate(logsFolder string) (map[string][]byte, error) {
	logs, err := template.ReadLogs(os.DirFS(logsFolder))
	if err != nil {
		return nil, err
	}
	t := template.Main(logs)
	files := t.Bicep()
	if files["azuredeploy.json"], err = t.ARM(); err != nil {
		return nil, err
	}
	files["start-backfill.json"], files["start-backfill.yaml"], err = template.Start(t)
	return files, err
}
