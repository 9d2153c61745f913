package template

// The secrets of the jobs, as Container Apps knows them.
const (
	sharedKeySecret = "shared-key"
	apiKeySecret    = "temporal-api-key"
	certSecret      = "temporal-certificate"
	certKeySecret   = "temporal-certificate-key"
	authoritySecret = "temporal-authority"
)

// Where certificates for Temporal lie in a job's container.
const (
	volumeName    = "temporal"
	filesFolder   = "/mnt/temporal"
	certFile      = "client.crt"
	certKeyFile   = "client.key"
	authorityFile = "authority.crt"
)

// clusterParams are what whoever deploys says of runs on several replicas.
func clusterParams() []Param {
	return []Param{
		{Name: "replicas", Type: "int", Default: Int(1), Least: 1, Note: `How many replicas of a job work on a day, each with as many processors as cpu says. More than one need Temporal, which hands the work out: temporalAddress.
A new subscription has 100 processors an environment, and more on request.`},
		{Name: "temporalAddress", Type: "string", Default: Text(""), Note: "Host and port of Temporal's frontend, like my-namespace.a1b2c.tmprl.cloud:7233. Empty to do without: one replica does a day alone."},
		{Name: "temporalNamespace", Type: "string", Default: Text("default"), Least: 1, Note: "Namespace in Temporal. In Temporal Cloud its name has the account behind it, like my-namespace.a1b2c."},
		{Name: "temporalTls", Type: "string", Default: Text("auto"), Allowed: []string{"auto", "on", "off"}, Note: "Whether connections to Temporal are encrypted. auto: with an API key, a certificate or an authority."},
		{Name: "temporalKeyName", Type: "string", Default: Text(""), Note: "Name of the secret in the vault that holds an API key for Temporal. Empty for none."},
		{Name: "temporalCertificateName", Type: "string", Default: Text(""), Note: "Name of the secret in the vault that holds the client's certificate for Temporal (mTLS), as PEM. Empty for none."},
		{Name: "temporalCertificateKeyName", Type: "string", Default: Text(""), Note: "Name of the secret in the vault that holds the certificate's private key, as PEM."},
		{Name: "temporalAuthorityName", Type: "string", Default: Text(""), Note: "Name of the secret in the vault that holds the certificate of the authority that Temporal's own is from, as PEM. Empty for the public ones."},
	}
}

// clusterJobParams are what the module of the jobs is told of it.
func clusterJobParams() []Param {
	params := []Param{{Name: "replicas", Type: "int", Least: 1, Note: "Replicas of a job that work at once."}}
	for _, p := range [][2]string{
		{"temporalAddress", "Host and port of Temporal's frontend. Empty for none."},
		{"temporalNamespace", "Namespace in Temporal."},
		{"temporalTls", "Whether connections to Temporal are encrypted: auto, on or off."},
		{"temporalKeyUrl", "URL of the API key for Temporal in a key vault. Empty for none."},
		{"temporalCertificateUrl", "URL of the client's certificate for Temporal. Empty for none."},
		{"temporalCertificateKeyUrl", "URL of its private key."},
		{"temporalAuthorityUrl", "URL of the certificate of Temporal's authority. Empty for the public ones."},
	} {
		params = append(params, Param{Name: p[0], Type: "string", Note: p[1]})
	}
	return params
}

// clusterArguments are what the main template tells the module of the jobs of it.
func clusterArguments(address Value) Object {
	return Object{
		{Name: "replicas", Value: param{"replicas"}},
		{Name: "temporalAddress", Value: address},
		{Name: "temporalNamespace", Value: param{"temporalNamespace"}},
		{Name: "temporalTls", Value: param{"temporalTls"}},
		{Name: "temporalKeyUrl", Value: secretURL("temporalKeyName")},
		{Name: "temporalCertificateUrl", Value: secretURL("temporalCertificateName")},
		{Name: "temporalCertificateKeyUrl", Value: secretURL("temporalCertificateKeyName")},
		{Name: "temporalAuthorityUrl", Value: secretURL("temporalAuthorityName")},
	}
}

// secretURL is where the vault has the secret that a parameter names, or empty.
func secretURL(name string) Value {
	url := text(Text("https://"), at(variable{"vaultParts"}, 8), member{member{fn("environment"), "suffixes"}, "keyvaultDns"}, Text("/secrets/"), param{name})
	return choice{or(isEmpty(param{"vaultId"}), isEmpty(param{name})), Text(""), url}
}

// clusterVars are the settings, secrets and files of the jobs, with what several
// replicas need.
func clusterVars() []Var {
	fromVault := func(name, url string) Value {
		return Object{{Name: "name", Value: Text(name)}, {Name: "keyVaultUrl", Value: param{url}}, {Name: "identity", Value: param{"identityId"}}}
	}
	file := func(secret, path string) Value {
		return Object{{Name: "secretRef", Value: Text(secret)}, {Name: "path", Value: Text(path)}}
	}
	with := func(url, list string) Value { return choice{isEmpty(param{url}), none{}, variable{list}} }
	const key, cert, authority = "temporalKeyUrl", "temporalCertificateUrl", "temporalAuthorityUrl"
	return []Var{
		{"distributed", "Whether Temporal hands the work out. Several replicas without it are a mistake, which the program says (exit code 2).", or(greater(param{"replicas"}, Int(1)), not(isEmpty(param{"temporalAddress"})))},
		{"hasFiles", "", or(not(isEmpty(param{cert})), not(isEmpty(param{authority})))},
		{"cluster", "", List{
			setting("SPARKLESS_JOB_ENGINE", Text("temporal")),
			setting("SPARKLESS_TEMPORAL_ADDRESS", param{"temporalAddress"}),
			setting("SPARKLESS_TEMPORAL_NAMESPACE", param{"temporalNamespace"}),
			setting("SPARKLESS_TEMPORAL_TLS", param{"temporalTls"}),
		}},
		{"apiKey", "", List{secretSetting("SPARKLESS_TEMPORAL_API_KEY", apiKeySecret)}},
		{"certificate", "", List{
			setting("SPARKLESS_TEMPORAL_TLS_CERT", Text(filesFolder+"/"+certFile)),
			setting("SPARKLESS_TEMPORAL_TLS_KEY", Text(filesFolder+"/"+certKeyFile)),
		}},
		{"authority", "", List{setting("SPARKLESS_TEMPORAL_TLS_CA", Text(filesFolder+"/"+authorityFile))}},
		{"common", "What both jobs have.", fn("concat", variable{"settings"}, with("sharedKeyUrl", "collector"), choice{variable{"distributed"}, variable{"cluster"}, none{}},
			with(key, "apiKey"), with(cert, "certificate"), with(authority, "authority"))},
		{"sharedKeySecrets", "", List{fromVault(sharedKeySecret, "sharedKeyUrl")}},
		{"apiKeySecrets", "", List{fromVault(apiKeySecret, key)}},
		{"certificateSecrets", "", List{fromVault(certSecret, cert), fromVault(certKeySecret, "temporalCertificateKeyUrl")}},
		{"authoritySecrets", "", List{fromVault(authoritySecret, authority)}},
		{"secrets", "They stay in the vault: Container Apps fetches them as the identity, and nobody sees them in the job.", fn("concat", with("sharedKeyUrl", "sharedKeySecrets"),
			with(key, "apiKeySecrets"), with(cert, "certificateSecrets"), with(authority, "authoritySecrets"))},
		{"certificateFiles", "", List{file(certSecret, certFile), file(certKeySecret, certKeyFile)}},
		{"authorityFiles", "", List{file(authoritySecret, authorityFile)}},
		{"volumes", "Certificates are files, and nowhere but in memory.", List{Object{
			{Name: "name", Value: Text(volumeName)},
			{Name: "storageType", Value: Text("Secret")},
			{Name: "secrets", Value: fn("concat", with(cert, "certificateFiles"), with(authority, "authorityFiles"))},
		}}},
		{"mounts", "", List{Object{{Name: "volumeName", Value: Text(volumeName)}, {Name: "mountPath", Value: Text(filesFolder)}}}},
	}
}
