package main

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"sparkless/deploy/azure/armtest"
	"sparkless/deploy/azure/template"
)

var update = flag.Bool("update", false, "rewrite the generated files")

const logsFolder = "../logs-ingestion"

// generated are the files as they have to be.
func generated(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := generate(logsFolder)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestFilesAreWhatTheDescriptionGives(t *testing.T) {
	for name, want := range generated(t) {
		if *update {
			if err := os.WriteFile(name, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(name)
		if err != nil || string(got) != string(want) {
			t.Errorf("%s is not what the description gives (%v): go test ./deploy/azure -update", name, err)
		}
	}
	modules, err := filepath.Glob("modules/*")
	if err != nil || len(modules) == 0 {
		t.Fatal(err)
	}
	for _, name := range modules {
		if generated(t)[filepath.ToSlash(name)] == nil {
			t.Errorf("%s is nobody's any more", name)
		}
	}
}

const (
	subscription = "/subscriptions/00000000-0000-0000-0000-000000000001"
	socWorkspace = subscription + "/resourceGroups/soc/providers/Microsoft.OperationalInsights/workspaces/law-soc"
	accountID    = subscription + "/resourceGroups/exports/providers/Microsoft.Storage/storageAccounts/socexports"
	registryID   = "/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/shared/providers/Microsoft.ContainerRegistry/registries/acrshared"
	vaultID      = subscription + "/resourceGroups/secrets/providers/Microsoft.KeyVault/vaults/kv-soc"
	principal    = "00000000-0000-0000-0000-00000000aaaa"
	client       = "00000000-0000-0000-0000-00000000bbbb"
)

// azure is what is there, and what Azure adds.
func azure() armtest.Azure {
	return armtest.Azure{
		Group: armtest.Group{Subscription: "00000000-0000-0000-0000-000000000001", Name: "sparkless"},
		Properties: func(_, kind string) map[string]any {
			switch kind {
			case "Microsoft.ManagedIdentity/userAssignedIdentities":
				return map[string]any{"principalId": principal, "clientId": client}
			case "Microsoft.OperationalInsights/workspaces":
				return map[string]any{"customerId": "11111111-2222-3333-4444-555555555555"}
			case "Microsoft.Insights/dataCollectionRules":
				return map[string]any{"immutableId": "dcr-00112233445566778899aabbccddeeff", "endpoints": map[string]any{"logsIngestion": "https://sparkless-a1b2-westeurope.logs.z1.ingest.monitor.azure.com"}}
			}
			return map[string]any{}
		},
	}
}

// deployments are the ways in which somebody may deploy, with what they say.
func deployments() map[string]map[string]any {
	least := map[string]any{"image": "ghcr.io/example/sparkless:v1.0.0", "workspaceId": socWorkspace, "storageAccountId": accountID}
	with := func(more map[string]any) map[string]any {
		all := maps.Clone(least)
		maps.Copy(all, more)
		return all
	}
	return map[string]map[string]any{
		"least":       least,
		"registry":    with(map[string]any{"registryId": registryID, "image": "acrshared.azurecr.io/sparkless@sha256:" + strings.Repeat("0", 64)}),
		"key vault":   with(map[string]any{"vaultId": vaultID, "registryId": registryID, "detect": "all", "networkContainer": "am-devicenetworkevents"}),
		"other names": with(map[string]any{"name": "hunt-at-night-in-eu1", "workContainer": "hunt-state", "exportContainer": "am-securityevent-2", "location": "northeurope"}),
		"all its own": with(map[string]any{"exportWorkspace": "", "schedule": "0 14 * * *", "cpu": "4.0", "missingHours": 6, "backfillLast": "30d", "sharedKeyName": "other"}),
		"replicas":    with(map[string]any{"replicas": 25, "cpu": "4.0", "temporalAddress": "sparkless-temporal:7233", "temporalTls": "off"}),
		"one replica": with(map[string]any{"temporalAddress": "soc.a1b2c.tmprl.cloud:7233", "temporalNamespace": "soc.a1b2c", "vaultId": vaultID, "sharedKeyName": "", "temporalKeyName": "temporal-key"}),
		"certificates": with(map[string]any{"replicas": 3, "temporalAddress": "soc.a1b2c.tmprl.cloud:7233", "vaultId": vaultID, "temporalCertificateName": "temporal-crt",
			"temporalCertificateKeyName": "temporal-crt-key", "temporalAuthorityName": "temporal-ca"}),
	}
}

func deployed(t *testing.T, params map[string]any) *armtest.Deployment {
	t.Helper()
	text, err := os.ReadFile("azuredeploy.json")
	if err != nil {
		t.Fatal(err)
	}
	d, err := armtest.ARM(text, params, azure())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Whether somebody deploys the Bicep or the ARM template, Azure is asked for the same,
// in an order that the compiler of Bicep would find, too.
func TestBicepAndARMAskForTheSame(t *testing.T) {
	files, err := armtest.ReadBicep(".", "bicep")
	if err != nil {
		t.Fatal(err)
	}
	for name, params := range deployments() {
		arm := deployed(t, params)
		bicep, err := files.Deploy("main.bicep", params, azure())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !slices.Equal(arm.Params, bicep.Params) {
			t.Errorf("%s: parameters %q and %q", name, arm.Params, bicep.Params)
		}
		if !reflect.DeepEqual(arm.Outputs, bicep.Outputs) {
			t.Errorf("%s: outputs %v and %v", name, arm.Outputs, bicep.Outputs)
		}
		if a, b := slices.Sorted(maps.Keys(arm.Resources)), slices.Sorted(maps.Keys(bicep.Resources)); !slices.Equal(a, b) {
			t.Errorf("%s: resources\n%s\nand\n%s", name, strings.Join(a, "\n"), strings.Join(b, "\n"))
			continue
		}
		for id, want := range arm.Resources {
			got := bicep.Resources[id]
			if want.Type == "Microsoft.Resources/deployments" {
				got.Version = want.Version // the compiler chooses it
			}
			if !reflect.DeepEqual(want, got) {
				t.Errorf("%s: %s\n%v\nin Bicep\n%v", name, id, asJSON(want), asJSON(got))
			}
		}
	}
}

func asJSON(v any) string {
	text, _ := json.MarshalIndent(v, "", "  ")
	return string(text)
}

// The identity gets the roles that it needs, where it needs them, and no other.
func TestRoles(t *testing.T) {
	const assignments = "Microsoft.Authorization/roleAssignments"
	of := func(params map[string]any) map[string]string {
		roles := map[string]string{}
		for _, r := range deployed(t, params).Of(assignments) {
			scope, _, _ := strings.Cut(r.ID, "/providers/"+assignments)
			properties := r.Body["properties"].(map[string]any)
			if properties["principalId"] != principal || properties["principalType"] != "ServicePrincipal" {
				t.Errorf("%s: %v", r.ID, properties)
			}
			definition := properties["roleDefinitionId"].(string)
			if at, _, _ := strings.Cut(definition, "/providers/"); !strings.HasPrefix(scope, at+"/") {
				t.Errorf("%s has a role of another subscription: %s", scope, definition)
			}
			roles[scope] = definition[strings.LastIndex(definition, "/")+1:]
		}
		return roles
	}
	containers := accountID + "/blobServices/default/containers/"
	want := map[string]string{
		containers + "am-securityevent": template.RoleReader,
		containers + "sparkless-work":   template.RoleContributor,
		subscription + "/resourceGroups/sparkless/providers/Microsoft.Insights/dataCollectionRules/sparkless": template.RolePublisher,
	}
	if got := of(deployments()["least"]); !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
	want[registryID] = template.RolePull
	want[vaultID] = template.RoleVault
	want[containers+"am-devicenetworkevents"] = template.RoleReader
	if got := of(deployments()["key vault"]); !maps.Equal(got, want) {
		t.Errorf("with registry, vault and the hunt network: %v", got)
	}
}

// What is named by whoever deploys stays within what Azure takes for names.
// (Microsoft Learn, "Naming rules and restrictions for Azure resources".)
func TestNamesAreLegal(t *testing.T) {
	rules := map[string]string{
		"Microsoft.App/jobs":                                        `^[a-z]([a-z0-9]|-[a-z0-9]){1,31}$`,
		"Microsoft.App/managedEnvironments":                         `^[a-zA-Z][a-zA-Z0-9-]{0,58}[a-zA-Z0-9]$`,
		"Microsoft.ManagedIdentity/userAssignedIdentities":          `^[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}$`,
		"Microsoft.Insights/dataCollectionRules":                    `^[a-zA-Z0-9][a-zA-Z0-9-]{1,28}[a-zA-Z0-9]$`,
		"Microsoft.Insights/diagnosticSettings":                     `^[^*<>%&:\\?+/]{1,260}$`,
		"Microsoft.OperationalInsights/workspaces/tables":           `^[A-Za-z][A-Za-z0-9_]{0,59}_CL$`,
		"Microsoft.Storage/storageAccounts/blobServices/containers": `^[a-z0-9](-?[a-z0-9]){2,62}$`,
		"Microsoft.Authorization/roleAssignments":                   `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`,
		"Microsoft.Resources/deployments":                           `^[-\w._()]{1,64}$`,
	}
	for name, params := range deployments() {
		for _, r := range deployed(t, params).Resources {
			last := r.ID[strings.LastIndex(r.ID, "/")+1:]
			if rule, ok := rules[r.Type]; !ok || !regexp.MustCompile(rule).MatchString(last) || last == "am-securityevent" {
				t.Errorf("%s: %s may not be called %q", name, r.Type, last)
			}
		}
	}
}

// Both jobs have one replica unless told, the pair of processors and memory that
// Container Apps takes, and a limit of time and of retries: of several replicas none may
// die with its node and end the others.
func TestJobs(t *testing.T) {
	for name, params := range deployments() {
		jobs := deployed(t, params).Of("Microsoft.App/jobs")
		replicas, lone := params["replicas"], params["temporalAddress"] == nil
		if replicas == nil {
			replicas = 1
		}
		if len(jobs) != 2 {
			t.Fatalf("%s: %d jobs", name, len(jobs))
		}
		for i, want := range []struct {
			command, trigger string
			timeout          int
			retries          any
		}{{"run", "schedule", 7200, replicas}, {"backfill", "manual", 86400, map[bool]any{true: 0, false: replicas}[lone]}} {
			properties := jobs[i].Body["properties"].(map[string]any)
			config := properties["configuration"].(map[string]any)
			trigger := config[want.trigger+"TriggerConfig"].(map[string]any)
			container := only(t, properties["template"].(map[string]any)["containers"])
			resources := container["resources"].(map[string]any)
			if trigger["parallelism"] != replicas || trigger["replicaCompletionCount"] != replicas || config["replicaTimeout"] != want.timeout || config["replicaRetryLimit"] != want.retries ||
				strings.ToLower(config["triggerType"].(string)) != want.trigger || !reflect.DeepEqual(container["args"], []any{want.command}) {
				t.Errorf("%s: %s", name, asJSON(config))
			}
			if memory := map[any]string{0.5: "1Gi", 1.0: "2Gi", 2.0: "4Gi", 4.0: "8Gi"}[resources["cpu"]]; memory == "" || memory != resources["memory"] {
				t.Errorf("%s: %v", name, resources)
			}
		}
	}
}

// What several replicas need is set for them, and for nobody else; secrets stand in the
// vault, and their names and files are where settings say.
func TestJobsOnTemporal(t *testing.T) {
	for name, params := range deployments() {
		for _, job := range deployed(t, params).Of("Microsoft.App/jobs") {
			properties := job.Body["properties"].(map[string]any)
			template := properties["template"].(map[string]any)
			container := only(t, template["containers"])
			env := variables(container["env"])
			secrets := map[string]string{}
			for _, s := range properties["configuration"].(map[string]any)["secrets"].([]any) {
				secret := s.(map[string]any)
				secrets[secret["name"].(string)] = secret["keyVaultUrl"].(string)
			}
			files := filesOf(t, template, container, secrets)
			if address := params["temporalAddress"]; address == nil {
				if env["SPARKLESS_JOB_ENGINE"] != "" || env["SPARKLESS_TEMPORAL_ADDRESS"] != "" || len(files) > 0 {
					t.Errorf("%s: %v, %v", name, env, files)
				}
			} else if env["SPARKLESS_JOB_ENGINE"] != "temporal" || env["SPARKLESS_TEMPORAL_ADDRESS"] != address {
				t.Errorf("%s: %v", name, env)
			}
			for variable, parameter := range map[string]string{
				"SPARKLESS_TEMPORAL_API_KEY": "temporalKeyName", "SPARKLESS_TEMPORAL_TLS_CERT": "temporalCertificateName",
				"SPARKLESS_TEMPORAL_TLS_KEY": "temporalCertificateKeyName", "SPARKLESS_TEMPORAL_TLS_CA": "temporalAuthorityName",
			} {
				value := env[variable]
				if secret := files[value]; secret != "" {
					value = secret
				}
				want := ""
				if params[parameter] != nil {
					want = "https://kv-soc.vault.azure.net/secrets/" + params[parameter].(string)
				}
				if secrets[value] != want {
					t.Errorf("%s: %s is %q, the secret %q, want %q", name, variable, env[variable], secrets[value], want)
				}
			}
		}
	}
}

// filesOf are the secrets that a container has as files, by path.
func filesOf(t *testing.T, template, container map[string]any, secrets map[string]string) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, m := range container["volumeMounts"].([]any) {
		mount, volume := m.(map[string]any), only(t, template["volumes"])
		if mount["volumeName"] != volume["name"] || volume["storageType"] != "Secret" {
			t.Errorf("%v of %v", mount, volume)
		}
		for _, s := range volume["secrets"].([]any) {
			file := s.(map[string]any)
			files[mount["mountPath"].(string)+"/"+file["path"].(string)] = file["secretRef"].(string)
			if secrets[file["secretRef"].(string)] == "" {
				t.Errorf("%v is of no secret", file)
			}
		}
	}
	return files
}

// Several replicas without Temporal are not made one in silence: the program refuses.
func TestReplicasNeedTemporal(t *testing.T) {
	params := map[string]any{"image": "i", "workspaceId": socWorkspace, "storageAccountId": accountID, "replicas": 3}
	for _, job := range deployed(t, params).Of("Microsoft.App/jobs") {
		env := variables(only(t, job.Body["properties"].(map[string]any)["template"].(map[string]any)["containers"])["env"])
		if env["SPARKLESS_JOB_ENGINE"] != "temporal" || env["SPARKLESS_TEMPORAL_ADDRESS"] != "" {
			t.Errorf("%v", env)
		}
	}
}

func only(t *testing.T, list any) map[string]any {
	t.Helper()
	if all, ok := list.([]any); ok && len(all) == 1 {
		return all[0].(map[string]any)
	}
	t.Fatalf("%v is not one", list)
	return nil
}

// The schedule is behind the twelve hours in which late data settle.
func TestScheduleIsBehindLateData(t *testing.T) {
	job := deployed(t, deployments()["least"]).Of("Microsoft.App/jobs")[0]
	config := job.Body["properties"].(map[string]any)["configuration"].(map[string]any)
	cron := config["scheduleTriggerConfig"].(map[string]any)["cronExpression"].(string)
	if !regexp.MustCompile(`^[0-5]?\d (1[2-9]|2[0-3]) \* \* \*$`).MatchString(cron) {
		t.Errorf("%q is not once a day, in the afternoon", cron)
	}
}

// A broken template does not pass for a good one.
func TestWhatIsBrokenIsNoticed(t *testing.T) {
	text := string(generated(t)["azuredeploy.json"])
	for what, change := range map[string][2]string{
		"a parameter that is not declared":     {"parameters('workContainer')]\"\n          }", "parameters('workContainers')]\"\n          }"},
		"a variable that is not declared":      {"variables('registries')", "variables('registry')"},
		"a parameter that serves nobody":       {`"parameters": {` + "\n    \"name\"", `"parameters": {"spare": {"type": "string", "defaultValue": ""}, "name"`},
		"a dependency on what is not declared": {`"dependsOn": [` + "\n        \"[resourceId('Microsoft.App/managedEnvironments'", `"dependsOn": [` + "\n        \"[resourceId('Microsoft.App/managedEnvironment'"},
		"a reference that is not waited for":   {"resourceId(variables('workspaceParts')[2], variables('workspaceParts')[4], 'Microsoft.Resources/deployments', format('{0}-workspace', parameters('name')))]\"\n      ]", "resourceId('Microsoft.Resources/deployments', format('{0}-rule', parameters('name')))]\"\n      ]"},
		"a name with too few parts":            {"format('{0}/default/{1}', parameters('accountName'), parameters('workContainer'))]\",", "format('{0}/{1}', parameters('accountName'), parameters('workContainer'))]\","},
		"an argument too many":                 {"empty(parameters('vaultId'))", "empty(parameters('vaultId'), '')"},
		"more than two of or":                  {"or(greater(parameters('replicas'), 1), not(", "or(true, greater(parameters('replicas'), 1), not("},
		"brackets that do not close":           {"[parameters('schedule')]", "[parameters('schedule'"},
		"a function that there is not":         {"guid(", "uuid("},
		"a condition that is not known yet":    {"[not(empty(parameters('vaultId')))]", "[empty(reference(resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', parameters('name')), '2024-11-30').clientId)]"},
		"an unknown parameter of a module":     {`"ruleName": {` + "\n            \"value\"", `"rulesName": {` + "\n            \"value\""},
	} {
		broken := strings.Replace(text, change[0], change[1], 1)
		if broken == text {
			t.Errorf("%s: there is no %q", what, change[0])
			continue
		}
		if _, err := armtest.ARM([]byte(broken), deployments()["key vault"], azure()); err == nil {
			t.Errorf("%s passes", what)
		} else {
			t.Logf("%s: %v", what, err)
		}
	}
	for what, params := range map[string]map[string]any{
		"nothing is said":      {},
		"an unknown parameter": {"image": "i", "workspaceId": socWorkspace, "storageAccountId": accountID, "spare": "x"},
		"too long a name":      {"image": "i", "workspaceId": socWorkspace, "storageAccountId": accountID, "name": strings.Repeat("x", 21)},
		"no replica":           {"image": "i", "workspaceId": socWorkspace, "storageAccountId": accountID, "replicas": 0},
		"odd processors":       {"image": "i", "workspaceId": socWorkspace, "storageAccountId": accountID, "cpu": "3.0"},
		"a name of a resource": {"image": "i", "workspaceId": "law-soc", "storageAccountId": accountID},
	} {
		if _, err := armtest.ARM([]byte(text), params, azure()); err == nil {
			t.Errorf("%s: passes", what)
		}
	}
}

// Nor does broken Bicep.
func TestBrokenBicepIsNoticed(t *testing.T) {
	all := generated(t)
	for what, change := range map[string][3]string{
		"a brace too few":                  {"modules/jobs.bicep", "\n}\n\n// Past days", "\n\n// Past days"},
		"a name that is not declared":      {"main.bicep", "location: location", "location: region"},
		"a name that is a function's":      {"main.bicep", "jobEnvironment", "environment"},
		"a module that is not there":       {"main.bicep", "modules/rule.bicep", "modules/rules.bicep"},
		"a parameter that serves nobody":   {"modules/vault.bicep", "param vaultName string", "param vaultName string\n\nparam spare string = ''"},
		"an operator that there is not":    {"modules/jobs.bicep", "replicas > 1 ||", "replicas > 1 ??"},
		"a name that is not known in time": {"main.bicep", "name: '${name}-jobs'", "name: '${identity.properties.clientId}-jobs'"},
		"two that wait for each other":     {"main.bicep", "    workspaceName: workspaceParts[8]", "    workspaceName: rule.outputs.ruleId"},
	} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "modules"), 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range all {
			if name == change[0] {
				broken := strings.ReplaceAll(string(text), change[1], change[2])
				if broken == string(text) {
					t.Errorf("%s: there is no %q", what, change[1])
				}
				text = []byte(broken)
			}
			if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		files, err := armtest.ReadBicep(dir, "bicep")
		if err == nil {
			_, err = files.Deploy("main.bicep", deployments()["key vault"], azure())
		}
		if err == nil {
			t.Errorf("%s passes", what)
		}
		t.Logf("%s: %.300v", what, err)
	}
}

// A stream has a table, columns and a setting.
func TestLogsThatDoNotFit(t *testing.T) {
	const table = `{"properties":{"schema":{"name":"T_CL","columns":[{"name":"TimeGenerated","type":"datetime"}]}}}`
	rule := func(stream, output, columns string) string {
		return `{"properties":{"streamDeclarations":{"` + stream + `":{"columns":[` + columns + `]}},"dataFlows":[{"streams":["` + stream + `"],"outputStream":"` + output + `"}]}}`
	}
	const stream, column = "Custom-SparklessRun", `{"name":"a","type":"string"}`
	for want, files := range map[string]fstest.MapFS{
		"":                           {"t.json": {Data: []byte(table)}, "r.json": {Data: []byte(rule(stream, "Custom-T_CL", column))}, "note.txt": {}},
		"there is no stream":         {"t.json": {Data: []byte(table)}},
		"of which there is no table": {"t.json": {Data: []byte(table)}, "r.json": {Data: []byte(rule(stream, "Custom-Other_CL", column))}},
		"declares no column":         {"t.json": {Data: []byte(table)}, "r.json": {Data: []byte(rule(stream, "Custom-T_CL", ""))}},
		"no setting names":           {"t.json": {Data: []byte(table)}, "r.json": {Data: []byte(rule("Custom-Other", "Custom-T_CL", column))}},
		"r.json: unexpected end":     {"r.json": {Data: []byte("{")}},
		"one flow for each stream":   {"r.json": {Data: []byte(`{"properties":{"dataFlows":[{"streams":["a","b"]}]}}`)}},
	} {
		_, err := template.ReadLogs(files)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
