package image

import (
	"os"
	"slices"
	"testing"

	"sparkless/bench/sample"
	"sparkless/deploy/azure/armtest"
	"sparkless/publish/publishtest"
	"sparkless/storage/storagetest/azurite"
)

const (
	ruleID       = "dcr-00112233445566778899aabbccddeeff"
	streamName   = "Custom-MasqueradingProcessName"
	healthStream = "Custom-SparklessRun"
	ruleFile     = "../logs-ingestion/rule.json"
	templateFile = "../azure/azuredeploy.json"
	subscription = "/subscriptions/00000000-0000-0000-0000-000000000001"
)

// nightlyJob is what the process of the deployed job gets: its arguments, and the
// environment that its container has in the template, with what Azure adds for an
// identity. storage and ingestion are the URLs of both services. The emulator's key
// stands in for account and identity at the storage, since Azurite signs nobody in.
func nightlyJob(t *testing.T, storage azurite.Endpoint, ingestion string, rule *publishtest.LogsIngestion) (args, env []string) {
	t.Helper()
	container := nightlyContainer(t, ingestion)
	for _, arg := range container["args"].([]any) {
		args = append(args, arg.(string))
	}
	for _, one := range container["env"].([]any) {
		variable := one.(map[string]any)
		switch name := variable["name"].(string); name {
		case "SPARKLESS_STORAGE_ACCOUNT":
			env = append(env, "SPARKLESS_STORAGE_CONNECTION_STRING=DefaultEndpointsProtocol=https;AccountName="+azurite.Account+";AccountKey="+azurite.Key+";BlobEndpoint="+string(storage)+";")
		case "SPARKLESS_STORAGE_CLIENT_ID":
		default:
			env = append(env, name+"="+variable["value"].(string))
		}
	}
	return args, slices.Concat(env, rule.Environ())
}

// nightlyContainer is the first container of the scheduled job, as a deployment of the
// template asks for it.
func nightlyContainer(t *testing.T, ingestion string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(templateFile)
	if err != nil {
		t.Fatal(err)
	}
	params := map[string]any{
		"image":            "ghcr.io/example/sparkless:v1.2.3",
		"workspaceId":      subscription + "/resourceGroups/soc/providers/Microsoft.OperationalInsights/workspaces/law-soc",
		"storageAccountId": subscription + "/resourceGroups/soc/providers/Microsoft.Storage/storageAccounts/socexports",
		"exportWorkspace":  sample.Default().Workspace,
	}
	there := armtest.Azure{
		Group: armtest.Group{Subscription: "00000000-0000-0000-0000-000000000001", Name: "sparkless"},
		Properties: func(_, kind string) map[string]any {
			return map[string]map[string]any{
				"Microsoft.ManagedIdentity/userAssignedIdentities": {"principalId": "p", "clientId": "c"},
				"Microsoft.OperationalInsights/workspaces":         {"customerId": "11111111-2222-3333-4444-555555555555"},
				"Microsoft.Insights/dataCollectionRules":           {"immutableId": ruleID, "endpoints": map[string]any{"logsIngestion": ingestion}},
			}[kind]
		},
	}
	d, err := armtest.ARM(text, params, there)
	if err != nil {
		t.Fatal(err)
	}
	for _, job := range d.Of("Microsoft.App/jobs") {
		properties := job.Body["properties"].(map[string]any)
		if configuration := properties["configuration"].(map[string]any); configuration["triggerType"] == "Schedule" {
			return properties["template"].(map[string]any)["containers"].([]any)[0].(map[string]any)
		}
	}
	t.Fatal("the template has no scheduled job")
	return nil
}
