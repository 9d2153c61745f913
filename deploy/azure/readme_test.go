package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/itchyny/gojq"
	"go.yaml.in/yaml/v3"

	"sparkless/deploy/azure/template"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The page has the parameters and the roles as they are.
func TestPageListsParametersAndRoles(t *testing.T) {
	var arm struct {
		Parameters map[string]struct {
			DefaultValue any
			Metadata     struct{ Description string }
		}
	}
	if err := json.Unmarshal(generated(t)["azuredeploy.json"], &arm); err != nil {
		t.Fatal(err)
	}
	var params strings.Builder
	fmt.Fprintln(&params, "| parameter | default | what |\n|---|---|---|")
	for _, name := range slices.SortedFunc(maps.Keys(arm.Parameters), func(a, b string) int {
		return strings.Index(string(generated(t)["main.bicep"]), "\nparam "+a+" ") - strings.Index(string(generated(t)["main.bicep"]), "\nparam "+b+" ")
	}) {
		p := arm.Parameters[name]
		value := fmt.Sprintf("`%v`", p.DefaultValue)
		switch {
		case p.DefaultValue == nil:
			value = "**needed**"
		case p.DefaultValue == "":
			value = "empty"
		case name == "location":
			value = "the group's"
		case name == "exportWorkspace":
			value = "`workspaceId`"
		}
		fmt.Fprintf(&params, "| `%s` | %s | %s |\n", name, value, p.Metadata.Description)
	}
	var roles strings.Builder
	fmt.Fprintln(&roles, "| role | ID | on |\n|---|---|---|")
	for _, r := range template.Roles() {
		fmt.Fprintf(&roles, "| %s | `%s` | %s |\n", r.Name, r.ID, r.Where)
	}
	text := readme(t)
	for what, table := range map[string]string{"parameters": params.String(), "roles": roles.String()} {
		begin, end := "<!-- "+what+": written by `go test ./deploy/azure -update` -->\n", "<!-- end of "+what+" -->"
		before, rest, ok1 := strings.Cut(text, begin)
		got, after, ok2 := strings.Cut(rest, end)
		if !ok1 || !ok2 {
			t.Fatalf("the marks around the table of %s are gone", what)
		}
		text = before + begin + table + end + after
		if got != table && !*update {
			t.Errorf("the table of %s is not the template's: go test ./deploy/azure -update", what)
		}
	}
	if *update {
		if err := os.WriteFile("README.md", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// blocks are the shell blocks of the page, in order.
func blocks(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, m := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(readme(t), -1) {
		all = append(all, m[1])
	}
	if len(all) < 10 {
		t.Fatalf("%d blocks", len(all))
	}
	return all
}

// Every block is Bash, and every variable is set before it is used.
func TestBlocksAreShell(t *testing.T) {
	set := map[string]bool{}
	for _, block := range blocks(t) {
		check := exec.Command("bash", "-n")
		check.Stdin = strings.NewReader(block)
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%v: %s\n%s", err, out, block)
		}
		for line := range strings.Lines(block) {
			for _, used := range regexp.MustCompile(`\$\{?([A-Z_]+)`).FindAllStringSubmatch(line, -1) {
				if !set[used[1]] {
					t.Errorf("$%s is not set before: %s", used[1], line)
				}
			}
			for _, m := range regexp.MustCompile(`(?:^|; )([A-Z_]+)=|for ([A-Z_]+) in`).FindAllStringSubmatch(line, -1) {
				set[m[1]+m[2]] = true
			}
		}
	}
}

// options are the commands of the Azure CLI that the page has, with those of their
// options that it needs (Microsoft Learn, "Azure CLI reference"; 2.79).
func options() map[string]string {
	const workspace = "--resource-group --workspace-name --name "
	const job = "--name --resource-group "
	return map[string]string{
		"group create":                                 "--name --location",
		"group delete":                                 "--name --yes",
		"provider register":                            "--namespace --wait",
		"extension add":                                "--upgrade --name",
		"rest":                                         "--method --url --body",
		"acr create":                                   "--name --resource-group --location --sku --admin-enabled",
		"acr show":                                     "--name --resource-group --query --output",
		"acr import":                                   "--name --source --image",
		"storage account create":                       "--name --resource-group --location --sku --kind --min-tls-version --allow-blob-public-access",
		"storage account show":                         "--name --resource-group --query --output",
		"storage container-rm exists":                  "--storage-account --name --query --output",
		"storage container-rm delete":                  "--storage-account --name --yes",
		"role assignment delete":                       "--assignee --scope",
		"deployment group create":                      "--resource-group --name --template-file --parameters",
		"deployment group show":                        "--resource-group --name --query --output",
		"monitor log-analytics query":                  "--workspace --analytics-query --output",
		"monitor log-analytics workspace show":         "--resource-group --workspace-name --ids --query --output",
		"monitor log-analytics workspace table delete": workspace + "--yes",
		"monitor log-analytics workspace data-export create": workspace + "--tables --destination --enable",
		"monitor log-analytics workspace data-export delete": workspace + "--yes",
		"containerapp job show":                              job + "--query --output",
		"containerapp job start":                             job + "--yaml --query --output",
		"containerapp job stop":                              job + "--job-execution-name",
		"containerapp job update":                            job + "--image",
		"containerapp job execution list":                    job + "--output",
		"containerapp job execution show":                    job + "--job-execution-name --query --output",
		"containerapp job logs show":                         job + "--execution --container --tail --follow",
	}
}

// azCalls are the calls of the Azure CLI in a block, those inside $(…) and pipes among
// them.
func azCalls(block string) []string {
	block = strings.ReplaceAll(block, "\\\n", " ")
	block = regexp.MustCompile(`'[^']*'`).ReplaceAllString(block, "quoted")
	block = strings.NewReplacer(`"$(`, "\n", "$(", "\n", `)"`, "\n", ")", "\n", "|", "\n", ";", "\n").Replace(block)
	var calls []string
	for line := range strings.Lines(block) {
		if call, ok := strings.CutPrefix(strings.TrimSpace(line), "az "); ok {
			calls = append(calls, call)
		}
	}
	return calls
}

func TestCallsOfTheAzureCLI(t *testing.T) {
	seen := map[string]bool{}
	for _, block := range blocks(t) {
		for _, call := range azCalls(block) {
			var words []string
			for word := range strings.FieldsSeq(call) {
				if strings.HasPrefix(word, "-") {
					break
				}
				words = append(words, word)
			}
			command := strings.Join(words, " ")
			known, ok := options()[command]
			if !ok {
				t.Errorf("az %s is not a command that is known here", command)
				continue
			}
			seen[command] = true
			for _, option := range regexp.MustCompile(`(?:^| )(-[-a-z]+)`).FindAllStringSubmatch(call, -1) {
				if !slices.Contains(strings.Fields(known), option[1]) {
					t.Errorf("az %s has no %s that is known here", command, option[1])
				}
			}
		}
	}
	for command := range options() {
		if !seen[command] && command != "acr import" { // which stands in a sentence
			t.Errorf("the page has no az %s any more", command)
		}
	}
}

// What the page deploys with are parameters, what it asks for are outputs, and the
// deployment that it describes goes through.
func TestDeploymentOfThePage(t *testing.T) {
	all := strings.Join(blocks(t), "\n")
	d := deployed(t, deployments()["registry"])
	_, line, _ := strings.Cut(all, "--parameters ")
	line, _, _ = strings.Cut(line, "\n")
	said := map[string]any{}
	values := map[string]string{"$IMAGE": "r.azurecr.io/sparkless:v1", "$REGISTRY_ID": registryID, "$WORKSPACE_ID": socWorkspace, "$ACCOUNT_ID": accountID}
	for pair := range strings.FieldsSeq(line) {
		name, value, _ := strings.Cut(pair, "=")
		said[name] = values[strings.Trim(value, `"`)]
	}
	if len(said) != 4 {
		t.Errorf("%v", said)
	}
	if got := deployed(t, said); len(got.Resources) != len(d.Resources) {
		t.Errorf("%d resources, want %d", len(got.Resources), len(d.Resources))
	}
	for _, m := range regexp.MustCompile(`properties\.outputs\.(\w+)\.value`).FindAllStringSubmatch(all, -1) {
		if d.Outputs[m[1]] == nil {
			t.Errorf("there is no output %s", m[1])
		}
	}
	version := d.Of("Microsoft.App/jobs")[0].Version
	if !strings.Contains(all, "/start?api-version="+version+`"`) {
		t.Errorf("the REST call is not of version %s", version)
	}
	for _, m := range regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`).FindAllStringSubmatch(readme(t), -1) {
		if _, err := os.Stat(filepath.FromSlash(m[1])); err != nil && !strings.HasPrefix(m[1], "https://") {
			t.Error(err)
		}
	}
}

// starts are what the page's jq filters make of a job's template, by the file that it
// writes.
func starts(t *testing.T, jobs map[string]any) map[string]map[string]any {
	t.Helper()
	all := map[string]map[string]any{}
	for _, m := range regexp.MustCompile(`--name "\$(NIGHTLY|BACKFILL)".*--output json \|\n *jq '([^']+)' > (\S+)`).FindAllStringSubmatch(strings.Join(blocks(t), "\n"), -1) {
		query, err := gojq.Parse(m[2])
		if err != nil {
			t.Fatalf("%s: %v", m[2], err)
		}
		v, ok := query.Run(jobs[m[1]]).Next()
		made, isObject := v.(map[string]any)
		if !ok || !isObject {
			t.Fatalf("%s: %v", m[3], v)
		}
		all[m[3]] = made
	}
	return all
}

// plainJob is a job's template as `az containerapp job show` prints it.
func plainJob(t *testing.T, i int) any {
	t.Helper()
	job := deployed(t, deployments()["key vault"]).Of("Microsoft.App/jobs")[i]
	text, err := json.Marshal(job.Body["properties"].(map[string]any)["template"])
	if err != nil {
		t.Fatal(err)
	}
	return plain(t, text)
}

// A start that the page makes has everything of the job's template but what it changes.
func TestStartsOfThePage(t *testing.T) {
	jobs := map[string]any{"NIGHTLY": plainJob(t, 0), "BACKFILL": plainJob(t, 1)}
	for file, want := range map[string]struct {
		job  string
		args string
		env  []string // set
		gone string
	}{
		"doctor.json":   {"NIGHTLY", "doctor", nil, ""},
		"first.json":    {"NIGHTLY", "run", []string{"SPARKLESS_WINDOW_LAST=3h", "SPARKLESS_JOB_MISSING_HOURS=3"}, ""},
		"backfill.json": {"BACKFILL", "backfill", []string{"SPARKLESS_WINDOW_FROM=2026-11-01", "SPARKLESS_WINDOW_TO=2026-12-01"}, "SPARKLESS_WINDOW_LAST"},
	} {
		got := starts(t, jobs)[file]
		if len(got) != 1 || !startsContainer(got["containers"]) {
			t.Fatalf("%s: %v", file, got)
		}
		made := got["containers"].([]any)[0].(map[string]any)
		own := jobs[want.job].(map[string]any)["containers"].([]any)[0].(map[string]any)
		if !reflect.DeepEqual(made["args"], []any{want.args}) {
			t.Errorf("%s: %v", file, made["args"])
		}
		env := variables(own["env"])
		delete(env, want.gone)
		for _, pair := range want.env {
			name, value, _ := strings.Cut(pair, "=")
			env[name] = value
		}
		if got := variables(made["env"]); !maps.Equal(got, env) {
			t.Errorf("%s: %v, want %v", file, got, env)
		}
		for name := range own {
			if name != "args" && name != "env" && !reflect.DeepEqual(own[name], made[name]) {
				t.Errorf("%s: %s is %v, want %v", file, name, made[name], own[name])
			}
		}
	}
}

func startsContainer(v any) bool { list, ok := v.([]any); return ok && len(list) == 1 }

// variables are those of a container, with the names of secrets in place of values.
func variables(env any) map[string]string {
	all := map[string]string{}
	for _, one := range env.([]any) {
		v := one.(map[string]any)
		value, ok := v["value"]
		if !ok {
			value = v["secretRef"]
		}
		all[v["name"].(string)] = fmt.Sprint(value)
	}
	return all
}

// The two bodies that lie here are the same, and have what the page makes of the job.
func TestBodiesOfAStart(t *testing.T) {
	var asJSON, asYAML map[string]any
	if err := json.Unmarshal(generated(t)["start-backfill.json"], &asJSON); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(generated(t)["start-backfill.yaml"], &asYAML); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(asYAML)
	if err != nil || !reflect.DeepEqual(plain(t, text), any(asJSON)) {
		t.Errorf("%s, %v", text, err)
	}
	own := deployed(t, deployments()["least"]).Of("Microsoft.App/jobs")[1].Body["properties"].(map[string]any)["template"]
	plainOwn, err := json.Marshal(own)
	if err != nil {
		t.Fatal(err)
	}
	made := starts(t, map[string]any{"NIGHTLY": plain(t, plainOwn), "BACKFILL": plain(t, plainOwn)})["backfill.json"]["containers"].([]any)[0].(map[string]any)
	body := asJSON["containers"].([]any)[0].(map[string]any)
	if mounts, ok := made["volumeMounts"].([]any); ok && len(mounts) == 0 {
		delete(made, "volumeMounts") // as good as none
	}
	if !slices.Equal(slices.Sorted(maps.Keys(variables(made["env"]))), slices.Sorted(maps.Keys(variables(body["env"])))) ||
		!reflect.DeepEqual(made["args"], body["args"]) || !reflect.DeepEqual(made["resources"], body["resources"]) || made["name"] != body["name"] ||
		!slices.Equal(slices.Sorted(maps.Keys(made)), slices.Sorted(maps.Keys(body))) {
		t.Errorf("%v\n%v", body, made)
	}
}

// What the page's queries ask for are columns of our tables.
func TestQueriesOfThePage(t *testing.T) {
	logs, err := template.ReadLogs(os.DirFS(logsFolder))
	if err != nil {
		t.Fatal(err)
	}
	columns := map[string]bool{"TimeGenerated": true}
	for _, table := range logs.Tables {
		if !strings.Contains(readme(t), table.Name) {
			t.Errorf("the page says nothing of %s", table.Name)
		}
		for _, c := range table.Columns {
			columns[c.Name] = true
		}
	}
	for _, m := range regexp.MustCompile("(?:project|\\) by|delivered \\() ?([A-Za-z`, ]+)").FindAllStringSubmatch(readme(t), -1) {
		for name := range strings.FieldsFuncSeq(m[1], func(r rune) bool { return strings.ContainsRune(", `", r) }) {
			if !columns[name] {
				t.Errorf("%q: there is no column %s", m[0], name)
			}
		}
	}
}
