package template

// containerName is the one container of a job.
const containerName = "sparkless"

func jobsTemplate(logs Logs) *Template {
	t := &Template{
		File:   "modules/jobs.bicep",
		Note:   "The two jobs. They differ in what starts them, in their arguments, and in how long they may take.",
		Params: jobsParams(),
		Vars:   jobsVars(logs),
	}
	nightly := job{
		symbol: "nightly", suffix: "-nightly", command: "run", trigger: "Schedule", triggerConfig: "scheduleTriggerConfig",
		note: `Yesterday, every day. Its exit code is 0, or: 1 failed, 2 settings, 3 done on partial input, 4 not authorised, 5 findings kept and not delivered, 130
stopped. Container Apps takes each of them for a failure and knows none that is not worth a retry.`,
		timeout: 7200,
		timeoutNote: `Two hours, where a day of 100 GB takes about one quarter of an hour. At the limit Container Apps sends SIGTERM and, 30 seconds later, SIGKILL. sparkless
ends with 130 within seconds, and the next start goes on where it stopped.`,
		retries: param{"replicas"},
		retryNote: `One retry for each replica: the job of the next night is about another day, so a replica that dies with its node, or a service that is down, needs a second
try tonight. Not more: what is wrong with settings or roles (2, 4) is wrong again, and hours that are missing (3) are missing again. A retry reads nothing again that was
read, and sends nothing again that was sent, so one that is for nothing takes seconds.`,
		env: variable{"common"},
	}
	backfill := job{
		symbol: "backfill", suffix: "-backfill", command: "backfill", trigger: "Manual", triggerConfig: "manualTriggerConfig",
		note:        "Past days, when somebody starts it: those before today that backfillLast says, or the range that the start names in its environment.",
		timeout:     86400,
		timeoutNote: "A day. What is not done then is done by the next start, which reads nothing again.",
		retries:     choice{variable{"distributed"}, param{"replicas"}, Int(0)},
		retryNote: `One replica is not tried again: a range with one partial day ends with 3, and would be gone through again for nothing. Whoever has started the job looks at its
end, and starts it again if need be. Of several, one that dies with its node must not end the others.`,
		env: fn("concat", variable{"common"}, variable{"days"}),
	}
	t.Resources = []*Resource{nightly.resource(), backfill.resource()}
	t.Outputs = []Output{
		{"nightlyJob", "Name of the job that runs every night.", nightly.name()},
		{"backfillJob", "Name of the job for past days.", backfill.name()},
	}
	return t
}

func jobsParams() []Param {
	texts := [][2]string{
		{"name", "Beginning of the jobs' names."},
		{"location", "Region of the environment."},
		{"environmentId", "Resource ID of the Container Apps environment."},
		{"identityId", "Resource ID of the identity that the jobs sign in as."},
		{"clientId", "Client ID of the same."},
		{"image", "Image of sparkless."},
		{"registryServer", "Host of the registry that the identity signs in to. Empty for none."},
		{"schedule", "Cron with five fields, in UTC."},
		{"cpu", "Processors of a job."},
		{"account", "Name of the storage account."},
		{"exportContainer", "Container of the export."},
		{"exportWorkspace", "Workspace whose events are read. Empty for every one."},
		{"detect", "Hunts to run."},
		{"networkContainer", "Container of the export of DeviceNetworkEvents. Empty for the one that Azure Monitor makes."},
		{"workContainer", "Container for the state of runs."},
		{"backfillLast", "Days before today that the backfill job goes through unless told."},
		{"ingestionEndpoint", "Where the data collection rule takes records."},
		{"ingestionRule", "Immutable ID of the rule."},
		{"workspaceGuid", "GUID of the workspace, for the HTTP Data Collector API."},
		{"sharedKeyUrl", "URL of the workspace's shared key in a key vault. Empty for none."},
	}
	var params []Param
	for _, p := range texts {
		params = append(params, Param{Name: p[0], Type: "string", Note: p[1]})
	}
	return append(append(params, Param{Name: "missingHours", Type: "int", Note: "Hours without events that a whole result may have."}), clusterJobParams()...)
}

func jobsVars(logs Logs) []Var {
	all := List{
		setting("SPARKLESS_STORAGE_ACCOUNT", param{"account"}),
		setting("SPARKLESS_STORAGE_CONTAINER", param{"exportContainer"}),
		setting("SPARKLESS_STORAGE_WORKSPACE", param{"exportWorkspace"}),
		setting("SPARKLESS_STORAGE_CLIENT_ID", param{"clientId"}),
		setting("SPARKLESS_HUNTS_DETECT", param{"detect"}),
		setting("SPARKLESS_NETWORK_CONTAINER", param{"networkContainer"}),
		setting("SPARKLESS_WORK_CONTAINER", param{"workContainer"}),
		setting("SPARKLESS_JOB_MISSING_HOURS", fn("string", param{"missingHours"})),
		setting("SPARKLESS_LOGSINGESTION_ENDPOINT", param{"ingestionEndpoint"}),
		setting("SPARKLESS_LOGSINGESTION_RULE_ID", param{"ingestionRule"}),
	}
	for _, s := range logs.Streams {
		all = append(all, setting(s.Variable, Text(s.Name)))
	}
	var sizes Object
	for _, size := range [][2]string{{"0.5", "1Gi"}, {"1.0", "2Gi"}, {"2.0", "4Gi"}, {"4.0", "8Gi"}} {
		sizes = append(sizes, Member{Name: size[0], Value: Text(size[1])})
	}
	vars := []Var{
		{"memory", "What Container Apps gives to so many processors.", sizes},
		{"settings", "The settings, all by environment: there is no settings file in the image. An empty one is not set.", all},
		{"days", "Which days the backfill goes through. A start with others says so: README.md has the commands.", List{setting("SPARKLESS_WINDOW_LAST", param{"backfillLast"})}},
		{"registries", "", List{Object{
			{Name: "server", Value: param{"registryServer"}},
			{Name: "identity", Value: param{"identityId"}},
		}}},
		{"collector", "The HTTP Data Collector API beside the Logs Ingestion API, for as long as rules query its table.", List{
			setting("SPARKLESS_DATACOLLECTOR_WORKSPACE_ID", param{"workspaceGuid"}),
			secretSetting("SPARKLESS_DATACOLLECTOR_SHARED_KEY", sharedKeySecret),
		}},
	}
	return append(vars, clusterVars()...)
}

// secretSetting is an environment variable whose value is a secret of the job.
func secretSetting(name, secret string) Value {
	return Object{{Name: "name", Value: Text(name)}, {Name: "secretRef", Value: Text(secret)}}
}

// setting is an environment variable of a container.
func setting(name string, value Value) Value {
	return Object{{Name: "name", Value: Text(name)}, {Name: "value", Value: value}}
}

// job is a job, as far as the two differ.
type job struct {
	symbol, suffix, note string
	command              string
	trigger              string
	triggerConfig        string
	timeout              int
	timeoutNote          string
	retries              Value
	retryNote            string
	env                  Expr // a list
}

func (j job) name() Expr { return text(param{"name"}, Text(j.suffix)) }

func (j job) resource() *Resource {
	config := Object{
		{Name: "parallelism", Value: param{"replicas"}, Note: `All at once, and each has to succeed. Replicas cannot tell who they are: without Temporal one works on a day, and a second one would wait for its lease and
find all done. With it each starts or joins the workflow of the day, works for it until it has ended, and ends as it did.`},
		{Name: "replicaCompletionCount", Value: param{"replicas"}},
	}
	if j.trigger == "Schedule" {
		config = append(Object{{Name: "cronExpression", Value: param{"schedule"}, Note: `Container Apps starts an execution although the last one still runs. That does no harm: a lease in the work
container lets one of the two work on a day, and the other waits or leaves.`}}, config...)
	}
	return &Resource{Symbol: j.symbol, Note: j.note, Type: "Microsoft.App/jobs", Version: appVersion, Name: j.name(),
		Body: Object{
			{Name: "location", Value: param{"location"}},
			{Name: "identity", Value: Object{
				{Name: "type", Value: Text("UserAssigned")},
				{Name: "userAssignedIdentities", Value: Object{{Key: text(param{"identityId"}), Value: Object{}}}},
			}},
			{Name: "properties", Value: Object{
				{Name: "environmentId", Value: param{"environmentId"}},
				{Name: "workloadProfileName", Value: Text("Consumption")},
				{Name: "configuration", Value: Object{
					{Name: "triggerType", Value: Text(j.trigger)},
					{Name: j.triggerConfig, Value: config},
					{Name: "replicaTimeout", Value: Int(j.timeout), Note: j.timeoutNote},
					{Name: "replicaRetryLimit", Value: j.retries, Note: j.retryNote},
					{Name: "registries", Value: choice{isEmpty(param{"registryServer"}), none{}, variable{"registries"}}},
					{Name: "secrets", Value: variable{"secrets"}},
				}},
				{Name: "template", Value: Object{
					{Name: "containers", Value: List{j.container()}},
					{Name: "volumes", Value: choice{variable{"hasFiles"}, variable{"volumes"}, none{}}},
				}},
			}},
		}}
}

func (j job) container() Object {
	return Object{
		{Name: "name", Value: Text(containerName)},
		{Name: "image", Value: param{"image"}},
		{Name: "args", Value: List{Text(j.command)}},
		{Name: "env", Value: j.env},
		{Name: "resources", Value: Object{
			{Name: "cpu", Value: fn("json", param{"cpu"})},
			{Name: "memory", Value: index{variable{"memory"}, param{"cpu"}}},
		}},
		{Name: "volumeMounts", Value: choice{variable{"hasFiles"}, variable{"mounts"}, none{}}},
	}
}
