package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport is the architecture: which packages of ours each may import. Tests
// may import more.
var mayImport = map[string][]string{
	"storage":                             {"storage/printable"},
	"storage/azure":                       {"storage", "storage/printable", "storage/secret"},
	"storage/local":                       {"storage"},
	"storage/event":                       {"storage", "storage/printable", "storage/table"},
	"storage/table":                       {},
	"storage/secret":                      {},
	"storage/filename":                    {},
	"storage/printable":                   {},
	"storage/storagetest":                 {"storage"},
	"storage/storagetest/azurite":         {},
	"storage/storagetest/network":         {},
	"masquerade/simjoin":                  {},
	"masquerade/windows":                  {},
	"masquerade/lookalike":                {},
	"masquerade/lookalike/gen":            {},
	"masquerade":                          {"masquerade/lookalike", "masquerade/simjoin", "masquerade/windows", "storage/event", "storage/printable", "storage/table", "publish", "publish/anomaly"},
	"masquerade/evaluation":               {"publish"},
	"network":                             {"outlier", "publish", "publish/anomaly", "publish/chart", "storage/event", "storage/filename", "storage/printable", "storage/table"},
	"outlier":                             {},
	"process":                             {"outlier", "publish", "publish/anomaly", "publish/chart", "storage/event", "storage/filename", "storage/printable", "storage/table"},
	"logon":                               {"outlier", "publish", "publish/anomaly", "publish/chart", "storage/event", "storage/printable", "storage/table"},
	"outlier/benchmark":                   {"outlier", "storage/printable"},
	"publish":                             {"storage", "storage/printable"},
	"publish/ingest":                      {"publish", "storage", "storage/printable", "storage/secret"},
	"publish/mlflow":                      {"publish/ingest", "storage", "storage/printable", "storage/secret"},
	"publish/datacollector":               {"publish", "publish/columns", "publish/ingest", "storage/secret"},
	"publish/logsingestion":               {"publish", "publish/columns", "publish/ingest", "storage/secret"},
	"publish/file":                        {"publish", "storage/printable"},
	"publish/publishtest":                 {"publish"},
	"publish/anomaly":                     {"publish", "storage/event"},
	"publish/chart":                       {},
	"publish/report":                      {"publish/anomaly", "publish/chart", "storage/printable"},
	"publish/report/browser":              {},
	"publish/suppress":                    {"publish", "storage/printable"},
	"publish/schema":                      {},
	"publish/columns":                     {},
	"publish/health":                      {"publish"},
	"publish/rules":                       {"storage/printable"},
	"publish/rules/rulestest":             {},
	"job":                                 {"publish", "storage", "storage/event"},
	"job/cluster":                         {"job", "storage", "storage/event", "storage/secret"},
	"bench/together":                      {"bench/record", "bench/scene"},
	"bench/sample":                        {},
	"bench/variant":                       {},
	"bench/record":                        {},
	"bench/compare":                       {"bench/record", "bench/sample", "bench/variant"},
	"bench/reader":                        {"masquerade", "storage", "storage/event", "storage/local"},
	"bench/models":                        {"outlier"},
	"bench/peers":                         {}, // a module of its own: it shares no code with ours
	"bench/scene":                         {"publish/publishtest", "storage/storagetest/azurite"},
	"bench/torture":                       {"bench/sample", "bench/scene", "publish/publishtest"},
	"bench/demo":                          {"bench/sample", "bench/scene", "publish/publishtest"},
	"bench/cluster":                       {"bench/record", "bench/sample", "bench/scene", "publish/publishtest"},
	"deploy/azure":                        {"deploy/azure/template"},
	"deploy/azure/armtest":                {},
	"deploy/azure/template":               {},
	"deploy/sentinel/kql":                 {},
	"deploy/release":                      {},
	"cmd/sparkless/doctor":                {"storage/printable"},
	"cmd/sparkless/progress":              {},
	"cmd/sparkless/telemetry":             {"storage/printable"},
	"cmd/sparkless/terminal":              {"storage/printable"},
	"cmd/sparkless/terminal/terminaltest": {},
	"cmd/sparkless": {"cmd/sparkless/doctor", "cmd/sparkless/progress", "cmd/sparkless/telemetry", "cmd/sparkless/terminal", "job", "job/cluster", "masquerade", "masquerade/evaluation", "masquerade/lookalike", "masquerade/windows", "logon", "network", "process", "publish", "publish/anomaly", "publish/chart", "publish/datacollector", "publish/file", "publish/health",
		"outlier/benchmark", "publish/logsingestion", "publish/mlflow", "publish/report", "publish/rules", "publish/schema", "publish/suppress",
		"storage", "storage/azure", "storage/local", "storage/event", "storage/printable", "storage/secret", "bench/sample"},
}

// moduleRoot is the folder of go.mod.
func moduleRoot(t testing.TB) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestImportsKeepToTheArchitecture(t *testing.T) {
	root := moduleRoot(t)
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || path != root && strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		rel, _ := filepath.Rel(root, filepath.Dir(path))
		pkg := filepath.ToSlash(rel)
		seen[pkg] = true
		checkImports(t, pkg, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range mayImport {
		if !seen[pkg] {
			t.Errorf("%s is in the architecture and not in the repository", pkg)
		}
	}
}

func checkImports(t *testing.T, pkg, path string) {
	allowed, ok := mayImport[pkg]
	if !ok {
		t.Errorf("%s is not in the architecture", pkg)
		return
	}
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	for _, imp := range f.Imports {
		name, _ := strconv.Unquote(imp.Path.Value)
		if ours, ok := strings.CutPrefix(name, "sparkless/"); ok && !slices.Contains(allowed, ours) {
			t.Errorf("%s imports %s, which the architecture does not allow", path, ours)
		}
	}
}
