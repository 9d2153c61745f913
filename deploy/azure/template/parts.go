package template

// The IDs of the built-in roles that the identity gets: the same in every tenant
// (Microsoft Learn, "Azure built-in roles").
const (
	RoleReader      = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
	RoleContributor = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
	RolePublisher   = "3913510d-42f4-4e42-8a64-420c390055eb"
	RoleVault       = "4633458b-17de-408a-b874-0445c86b69e6"
	RolePull        = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
)

// Role is a built-in role: its ID, its name, and where the identity gets it.
type Role struct{ ID, Name, Where string }

// Roles are all that the identity gets.
func Roles() []Role {
	return []Role{
		{RoleReader, "Storage Blob Data Reader", "the container of the export, and that of `networkContainer`"},
		{RoleContributor, "Storage Blob Data Contributor", "the work container"},
		{RolePublisher, "Monitoring Metrics Publisher", "the data collection rule"},
		{RolePull, "AcrPull", "the registry, with `registryId`"},
		{RoleVault, "Key Vault Secrets User", "the key vault, with `vaultId`"},
	}
}

// assign gives the identity a role on a resource. The assignment's name hangs on the
// identity's object ID: one that was deleted and made anew gets its roles anew.
func assign(symbol, note string, on *Resource, role string) *Resource {
	definition := fn("subscriptionResourceId", Text("Microsoft.Authorization/roleDefinitions"), Text(role))
	return &Resource{Symbol: symbol, Note: note, Type: "Microsoft.Authorization/roleAssignments", Version: rolesVersion, On: on,
		Name: fn("guid", idOf{on}, param{"principalId"}, Text(role)),
		Body: Object{{Name: "properties", Value: Object{
			{Name: "roleDefinitionId", Value: definition},
			{Name: "principalId", Value: param{"principalId"}},
			{Name: "principalType", Value: Text("ServicePrincipal"), Note: "Said, Azure does not look for an identity that it may not know yet."},
		}}}}
}

func principalParam() Param {
	return Param{Name: "principalId", Type: "string", Note: "Object ID of the identity that gets the role."}
}

// accountOf are the account of the export and its blob service, which are there.
func accountOf() (account, blobs *Resource) {
	account = &Resource{Symbol: "account", Note: "The account that the workspace exports to.", Type: "Microsoft.Storage/storageAccounts", Version: containersVersion, Name: param{"accountName"}, Existing: true}
	blobs = &Resource{Symbol: "blobs", Note: "Its blob service.", Type: "Microsoft.Storage/storageAccounts/blobServices", Version: containersVersion, Name: Text("default"), Parent: account, Existing: true}
	return account, blobs
}

// containerOf is a container whose name the parameter has.
func containerOf(blobs *Resource, symbol, note, name string) *Resource {
	return &Resource{Symbol: symbol, Note: note, Type: "Microsoft.Storage/storageAccounts/blobServices/containers", Version: containersVersion, Name: param{name}, Parent: blobs}
}

func storageTemplate() *Template {
	account, blobs := accountOf()
	exports := containerOf(blobs, "exports", "The container of the export, which Azure Monitor makes.", "exportContainer")
	exports.Existing = true
	work := containerOf(blobs, "work", "The work store: partials, profiles, findings that are owed, receipts, locks.", "workContainer")
	work.Body = Object{{Name: "properties", Value: Object{{Name: "publicAccess", Value: Text("None")}}}}
	return &Template{
		File: "modules/storage.bicep",
		Note: "What sparkless needs in the storage account of the export.",
		Params: []Param{
			{Name: "accountName", Type: "string", Note: "Name of the storage account."},
			{Name: "exportContainer", Type: "string", Note: "Container of the export."},
			{Name: "workContainer", Type: "string", Note: "Container for the state of runs."},
			principalParam(),
		},
		Resources: []*Resource{account, blobs, exports, work,
			assign("readExports", "Storage Blob Data Reader on the export alone: nothing is ever written to it.", exports, RoleReader),
			assign("writeWork", "Storage Blob Data Contributor on the work container alone.", work, RoleContributor)},
	}
}

// networkTemplate is about the export of the hunt network, which many do not have: a
// role on a container that is not there fails the deployment.
func networkTemplate() *Template {
	account, blobs := accountOf()
	exports := containerOf(blobs, "exports", "The container of the export of DeviceNetworkEvents, which Azure Monitor makes.", "networkContainer")
	exports.Existing = true
	return &Template{
		File: "modules/network.bicep",
		Note: "Who may read the export of DeviceNetworkEvents.",
		Params: []Param{
			{Name: "accountName", Type: "string", Note: "Name of the storage account."},
			{Name: "networkContainer", Type: "string", Note: "Container of the export."},
			principalParam(),
		},
		Resources: []*Resource{account, blobs, exports, assign("readConnections", "Storage Blob Data Reader on that export: nothing is ever written to it.", exports, RoleReader)},
	}
}

func workspaceTemplate(logs Logs) *Template {
	workspace := &Resource{Symbol: "workspace", Note: "The workspace that gets the tables.", Type: "Microsoft.OperationalInsights/workspaces", Version: tablesVersion, Name: param{"workspaceName"}, Existing: true}
	t := &Template{
		File:      "modules/workspace.bicep",
		Note:      "The custom tables, as deploy/logs-ingestion has them.",
		Params:    []Param{{Name: "workspaceName", Type: "string", Note: "Name of the workspace."}},
		Resources: []*Resource{workspace},
		Outputs:   []Output{{"customerId", "The workspace's GUID, by which the HTTP Data Collector API knows it.", valOf{workspace, "customerId"}}},
	}
	for _, table := range logs.Tables {
		t.Resources = append(t.Resources, &Resource{Symbol: tableSymbol(table.Name), Note: table.note(), Type: "Microsoft.OperationalInsights/workspaces/tables", Version: tablesVersion,
			Name: Text(table.Name), Parent: workspace,
			Body: Object{{Name: "properties", Value: Object{{Name: "schema", Value: Object{
				{Name: "name", Value: Text(table.Name)},
				{Name: "columns", Value: columnList(table.Columns, "dateTime")},
			}}}}}})
	}
	return t
}

func ruleTemplate(logs Logs) *Template {
	var streams Object
	for _, s := range logs.Streams {
		streams = append(streams, Member{Name: s.Name, Value: Object{{Name: "columns", Value: columnList(s.Columns, "datetime")}}})
	}
	const destination = "workspace"
	var flows List
	for _, s := range logs.Streams {
		flows = append(flows, Object{
			{Name: "streams", Value: List{Text(s.Name)}},
			{Name: "destinations", Value: List{Text(destination)}},
			{Name: "transformKql", Value: Text(s.Transform)},
			{Name: "outputStream", Value: Text(s.Output)},
		})
	}
	rule := &Resource{Symbol: "rule", Type: "Microsoft.Insights/dataCollectionRules", Version: rulesVersion, Name: param{"ruleName"},
		Note: "The rule takes records by its own endpoint (kind Direct). What its streams do not declare is dropped without a word.",
		Body: Object{
			{Name: "location", Value: param{"location"}},
			{Name: "kind", Value: Text("Direct")},
			{Name: "properties", Value: Object{
				{Name: "streamDeclarations", Value: streams},
				{Name: "destinations", Value: Object{{Name: "logAnalytics", Value: List{Object{
					{Name: "name", Value: Text(destination)},
					{Name: "workspaceResourceId", Value: param{"workspaceId"}},
				}}}}},
				{Name: "dataFlows", Value: flows},
			}},
		}}
	return &Template{
		File: "modules/rule.bicep",
		Note: "The data collection rule, as deploy/logs-ingestion has it, and who may send to it.",
		Params: []Param{
			{Name: "ruleName", Type: "string", Note: "Name of the rule."},
			{Name: "location", Type: "string", Note: "Region of the workspace."},
			{Name: "workspaceId", Type: "string", Note: "Resource ID of the workspace."},
			principalParam(),
		},
		Resources: []*Resource{rule, assign("publish", "Monitoring Metrics Publisher on the rule alone: sending through it, and nothing else.", rule, RolePublisher)},
		Outputs: []Output{
			{"ruleId", "Resource ID of the rule.", idOf{rule}},
			{"endpoint", "Where the rule takes records.", valOf{rule, "endpoints.logsIngestion"}},
			{"immutableId", "The ID that requests name it by.", valOf{rule, "immutableId"}},
		},
	}
}

func registryTemplate() *Template {
	registry := &Resource{Symbol: "registry", Note: "The registry that holds the image.", Type: "Microsoft.ContainerRegistry/registries", Version: registryVersion, Name: param{"registryName"}, Existing: true}
	return &Template{
		File:      "modules/registry.bicep",
		Note:      "Who may pull the image.",
		Params:    []Param{{Name: "registryName", Type: "string", Note: "Name of the registry."}, principalParam()},
		Resources: []*Resource{registry, assign("pull", "AcrPull on the registry.", registry, RolePull)},
	}
}

func vaultTemplate() *Template {
	vault := &Resource{Symbol: "vault", Note: "The vault that holds the secrets of the jobs.", Type: "Microsoft.KeyVault/vaults", Version: vaultVersion, Name: param{"vaultName"}, Existing: true}
	return &Template{
		File:      "modules/vault.bicep",
		Note:      "Who may read the secrets of the jobs.",
		Params:    []Param{{Name: "vaultName", Type: "string", Note: "Name of the key vault."}, principalParam()},
		Resources: []*Resource{vault, assign("readSecrets", "Key Vault Secrets User on the vault.", vault, RoleVault)},
	}
}
