package template

// The API versions of what is deployed and of what is looked up. The tests hold them to
// those of Azure's own client libraries.
const (
	appVersion         = "2025-01-01"
	containersVersion  = "2025-01-01"
	tablesVersion      = "2025-07-01"
	rulesVersion       = "2024-03-11"
	diagnosticsVersion = "2021-05-01-preview"
	rolesVersion       = "2022-04-01"
	identityVersion    = "2024-11-30"
	vaultVersion       = "2024-11-01"
	registryVersion    = "2023-07-01"
)

// Main is everything that a first deployment into an empty resource group needs, with
// the tables and streams of the Logs Ingestion API.
func Main(logs Logs) *Template {
	m := modules{
		storage:   storageTemplate(),
		network:   networkTemplate(),
		workspace: workspaceTemplate(logs),
		rule:      ruleTemplate(logs),
		registry:  registryTemplate(),
		vault:     vaultTemplate(),
		jobs:      jobsTemplate(logs),
	}
	t := &Template{
		File: "main.bicep",
		Note: `sparkless as Container Apps jobs: one every night and one for past days, with their identity, its roles, the tables and the rule that findings
go through. The group has to be in the region of the workspace. The workspace, the storage account with the exports, the registry and the key vault
may be in other groups: whoever deploys needs Contributor and Role Based Access Control Administrator (or Owner) there, too.`,
		Params: mainParams(),
		Vars:   mainVars(),
	}
	identity := &Resource{Symbol: "identity", Type: "Microsoft.ManagedIdentity/userAssignedIdentities", Version: identityVersion, Name: param{"name"},
		Note: "Whom the jobs sign in as, everywhere. It has the roles below and no other.",
		Body: Object{{Name: "location", Value: param{"location"}}}}
	environment := environmentOf()
	t.Resources = []*Resource{identity, environment, consoleLogs(environment)}
	t.Modules = m.of(identity, environment)
	t.Outputs = mainOutputs(t.Modules, identity)
	return t
}

// modules are the templates that the main one is made of.
type modules struct{ storage, network, workspace, rule, registry, vault, jobs *Template }

func mainParams() []Param {
	return append([]Param{
		{Name: "name", Type: "string", Default: Text("sparkless"), Least: 3, Most: 20, Note: "Beginning of the names of all that is made: lower-case letters, digits and single hyphens, a letter first."},
		{Name: "location", Type: "string", Default: member{fn("resourceGroup"), "location"}, Note: "Region. It has to be the workspace's: its data collection rule has to be there, and so has the account it exports to."},
		{Name: "image", Type: "string", Least: 1, Note: "Image of sparkless for linux/amd64, with registry and tag or digest."},
		{Name: "registryId", Type: "string", Default: Text(""), Note: "Resource ID of the Azure container registry that holds the image. The identity gets the role to pull from it. Empty for a registry that lets everybody pull."},
		{Name: "workspaceId", Type: "string", Least: 1, Note: "Resource ID of the Log Analytics workspace that gets findings, run health and console logs: usually that of Microsoft Sentinel."},
		{Name: "storageAccountId", Type: "string", Least: 1, Note: "Resource ID of the storage account that the workspace exports SecurityEvent to."},
		{Name: "exportContainer", Type: "string", Default: Text("am-securityevent"), Least: 3, Most: 63, Note: "Container of the export. It has to be there: the data export rule makes it."},
		{Name: "exportWorkspace", Type: "string", Default: param{"workspaceId"}, Note: "Resource ID of the workspace whose events are read, if it is not the one above. Empty for every one that exports to the container."},
		{Name: "detect", Type: "string", Default: Text("masquerade"), Least: 3, Note: "Hunts to run, separated by commas: masquerade, process, logon, network, or all. Those of one container read it once. network needs networkContainer, too."},
		{Name: "networkContainer", Type: "string", Default: Text(""), Most: 63, Note: "Container of the export of DeviceNetworkEvents, am-devicenetworkevents, in the same account. It has to be there, and the identity gets the role to read it. Empty without the hunt network."},
		{Name: "workContainer", Type: "string", Default: Text("sparkless-work"), Least: 3, Most: 63, Note: "Container for the state of runs, made in the same account. Never the export's."},
		{Name: "schedule", Type: "string", Default: Text("30 13 * * *"), Least: 9, Note: `When to hunt through yesterday: cron with five fields, in UTC.
Azure Monitor files an exported event by the time of the event, and goes on trying for up to 12 hours to deliver what it could not: only at noon (UTC) is a day
settled. 13:30 leaves a margin. Earlier, late events are missed: a job of the next night does not look back for them.`},
		{Name: "cpu", Type: "string", Default: Text("1.0"), Allowed: []string{"0.5", "1.0", "2.0", "4.0"}, Note: `Processors of a job. It gets twice as many GiB of memory, as Container Apps wants it. sparkless reads the
container's limit and keeps to nine tenths of it. A day of 10 GB with 200,000 names took 445 MB.`},
		{Name: "missingHours", Type: "int", Default: Int(0), Note: "Hours without a single event that a day may have before its result counts as partial (exit code 3). 0 suits all but small estates that sleep at night."},
		{Name: "backfillLast", Type: "string", Default: Text("7d"), Least: 2, Note: "Which days the backfill job goes through when it is started with no others: so many before today."},
		{Name: "vaultId", Type: "string", Default: Text(""), Note: "Resource ID of a key vault that holds the secrets named below. It has to use role-based access. Empty if there are none."},
		{Name: "sharedKeyName", Type: "string", Default: Text("wsSharedKey"), Note: "Name of the secret in that vault that holds the workspace's shared key: with a vault, findings are then sent by the HTTP Data Collector API as well. Empty for none, which is better."},
	}, clusterParams()...)
}

func mainVars() []Var {
	groupOf := func(id string) Value {
		return fn("split", choice{isEmpty(param{id}), param{"workspaceId"}, param{id}}, Text("/"))
	}
	return []Var{
		{"accountParts", "A resource ID between slashes: [2] is the subscription, [4] the resource group, [8] the name.", fn("split", param{"storageAccountId"}, Text("/"))},
		{"workspaceParts", "", fn("split", param{"workspaceId"}, Text("/"))},
		{"registryParts", "Azure evaluates the scope of modules that are left out, too: they stand at the workspace then.", groupOf("registryId")},
		{"vaultParts", "", groupOf("vaultId")},
	}
}

func environmentOf() *Resource {
	return &Resource{Symbol: "jobEnvironment", Type: "Microsoft.App/managedEnvironments", Version: appVersion, Name: param{"name"},
		Note: "Where the jobs run: the Consumption profile, which costs what a job takes while it runs. What they print goes to Azure Monitor, which needs no key of the workspace.",
		Body: Object{
			{Name: "location", Value: param{"location"}},
			{Name: "properties", Value: Object{
				{Name: "appLogsConfiguration", Value: Object{{Name: "destination", Value: Text("azure-monitor")}}},
				{Name: "workloadProfiles", Value: List{Object{
					{Name: "name", Value: Text("Consumption")},
					{Name: "workloadProfileType", Value: Text("Consumption")},
				}}},
			}},
		}}
}

func consoleLogs(environment *Resource) *Resource {
	category := func(name string) Object {
		return Object{{Name: "category", Value: Text(name)}, {Name: "enabled", Value: Bool(true)}}
	}
	return &Resource{Symbol: "consoleLogs", Type: "Microsoft.Insights/diagnosticSettings", Version: diagnosticsVersion, Name: Text("sparkless"), On: environment,
		Note: "Logs of the jobs (ContainerAppConsoleLogs) and of the platform around them (ContainerAppSystemLogs), in the same workspace as findings.",
		Body: Object{{Name: "properties", Value: Object{
			{Name: "workspaceId", Value: param{"workspaceId"}},
			{Name: "logs", Value: List{category("ContainerAppConsoleLogs"), category("ContainerAppSystemLogs")}},
		}}}}
}

// of are the modules as the main template deploys them.
func (m modules) of(identity, environment *Resource) []*Module {
	principal := Member{Name: "principalId", Value: valOf{identity, "principalId"}}
	storage := &Module{Symbol: "storage", Template: m.storage, Group: variable{"accountParts"},
		Note: "In the account of the export: the work container, and the identity's roles on the two containers.",
		Params: Object{
			{Name: "accountName", Value: at(variable{"accountParts"}, 8)},
			{Name: "exportContainer", Value: param{"exportContainer"}},
			{Name: "workContainer", Value: param{"workContainer"}},
			principal,
		}}
	network := &Module{Symbol: "network", Template: m.network, Group: variable{"accountParts"}, When: not(isEmpty(param{"networkContainer"})),
		Note:   "The right to read the export of the hunt network, if it runs.",
		Params: Object{{Name: "accountName", Value: at(variable{"accountParts"}, 8)}, {Name: "networkContainer", Value: param{"networkContainer"}}, principal}}
	workspace := &Module{Symbol: "workspace", Template: m.workspace, Group: variable{"workspaceParts"},
		Note:   "In the workspace: the tables.",
		Params: Object{{Name: "workspaceName", Value: at(variable{"workspaceParts"}, 8)}}}
	rule := &Module{Symbol: "rule", Template: m.rule, After: []referent{workspace},
		Note: "The way into the tables, and the identity's role on it. It wants the tables to be there.",
		Params: Object{
			{Name: "ruleName", Value: param{"name"}},
			{Name: "location", Value: param{"location"}},
			{Name: "workspaceId", Value: param{"workspaceId"}},
			principal,
		}}
	registry := &Module{Symbol: "registry", Template: m.registry, Group: variable{"registryParts"}, When: not(isEmpty(param{"registryId"})),
		Note:   "The right to pull the image, if the registry wants to know who asks.",
		Params: Object{{Name: "registryName", Value: at(variable{"registryParts"}, 8)}, principal}}
	vault := &Module{Symbol: "vault", Template: m.vault, Group: variable{"vaultParts"}, When: not(isEmpty(param{"vaultId"})),
		Note:   "The right to read secrets, if there are some.",
		Params: Object{{Name: "vaultName", Value: at(variable{"vaultParts"}, 8)}, principal}}
	jobs := &Module{Symbol: "jobs", Template: m.jobs, After: []referent{storage, registry, vault},
		Note:   "The jobs, last: Container Apps looks for the image and the secret when a job is made, and for that the identity needs its roles.",
		Params: jobParams(identity, environment, rule, workspace)}
	return []*Module{storage, network, workspace, rule, registry, vault, jobs}
}

// jobParams are what the module of the jobs is told.
func jobParams(identity, environment *Resource, rule, workspace *Module) Object {
	return append(Object{
		{Name: "name", Value: param{"name"}},
		{Name: "location", Value: param{"location"}},
		{Name: "environmentId", Value: idOf{environment}},
		{Name: "identityId", Value: idOf{identity}},
		{Name: "clientId", Value: valOf{identity, "clientId"}},
		{Name: "image", Value: param{"image"}},
		{Name: "registryServer", Value: choice{isEmpty(param{"registryId"}), Text(""), fn("first", fn("split", param{"image"}, Text("/")))}},
		{Name: "schedule", Value: param{"schedule"}},
		{Name: "cpu", Value: param{"cpu"}},
		{Name: "account", Value: at(variable{"accountParts"}, 8)},
		{Name: "exportContainer", Value: param{"exportContainer"}},
		{Name: "exportWorkspace", Value: param{"exportWorkspace"}},
		{Name: "workContainer", Value: param{"workContainer"}},
		{Name: "detect", Value: param{"detect"}},
		{Name: "networkContainer", Value: param{"networkContainer"}},
		{Name: "missingHours", Value: param{"missingHours"}},
		{Name: "backfillLast", Value: param{"backfillLast"}},
		{Name: "ingestionEndpoint", Value: outOf{rule, "endpoint"}},
		{Name: "ingestionRule", Value: outOf{rule, "immutableId"}},
		{Name: "workspaceGuid", Value: outOf{workspace, "customerId"}},
		{Name: "sharedKeyUrl", Value: secretURL("sharedKeyName")},
	}, clusterArguments(param{"temporalAddress"})...)
}

func mainOutputs(all []*Module, identity *Resource) []Output {
	rule, jobs := all[3], all[6]
	return []Output{
		{"nightlyJob", "Name of the job that runs every night.", outOf{jobs, "nightlyJob"}},
		{"backfillJob", "Name of the job for past days.", outOf{jobs, "backfillJob"}},
		{"identityPrincipalId", "Object ID of the identity, to which roles are given.", valOf{identity, "principalId"}},
		{"identityClientId", "Client ID of the identity, by which it is chosen.", valOf{identity, "clientId"}},
		{"ruleId", "Resource ID of the data collection rule.", outOf{rule, "ruleId"}},
		{"ingestionEndpoint", "Where the rule takes records.", outOf{rule, "endpoint"}},
		{"ingestionRule", "Immutable ID of the rule.", outOf{rule, "immutableId"}},
	}
}
