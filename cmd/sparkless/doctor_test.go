package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"

	"sparkless/bench/sample"
	"sparkless/cmd/sparkless/doctor"
	"sparkless/publish/health"
	"sparkless/publish/publishtest"
	"sparkless/storage"
	"sparkless/storage/storagetest/azurite"
)

// ward is a storage account with the export of yesterday and this morning.
type ward struct {
	endpoint azurite.Endpoint
	account  *service.Client
	export   *container.Client
	now      time.Time
}

func newWard(t *testing.T) *ward {
	t.Helper()
	w := &ward{endpoint: azurite.Start(t), now: time.Now().UTC()}
	key, err := service.NewSharedKeyCredential(azurite.Account, azurite.Key)
	if err != nil {
		t.Fatal(err)
	}
	if w.account, err = service.NewClientWithSharedKeyCredential(string(w.endpoint), key, nil); err != nil {
		t.Fatal(err)
	}
	w.export = w.account.NewContainerClient("am-securityevent")
	if _, err := w.export.Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	cfg := sample.Default()
	cfg.Events, cfg.Names, cfg.Hosts = 4_000, 300, 20
	cfg.Day = midnight(w.now).AddDate(0, 0, -1)
	if _, err := sample.Generate(cfg, func(name string, data []byte) error { return w.put(t, name, data) }); err != nil {
		t.Fatal(err)
	}
	at := w.now.Truncate(5 * time.Minute)
	if err := w.put(t, estateRoot+at.Format("/y=2006/m=01/d=02/h=15/m=04/PT05M.json"), nil); err != nil {
		t.Fatal(err)
	}
	return w
}

const estateRoot = "WorkspaceResourceId=/subscriptions/5d2b7c1e-8f40-4a6d-9b3e-71c0a4e8d215/resourcegroups/rg-soc/providers/microsoft.operationalinsights/workspaces/law-brackwater"

func (w *ward) put(t *testing.T, name string, data []byte) error {
	_, err := w.export.NewBlockBlobClient(name).Upload(t.Context(), streaming.NopCloser(bytes.NewReader(data)), nil)
	return err
}

// signature makes one for the account.
func (w *ward) signature(t *testing.T, permissions, types string, expires time.Duration) string {
	t.Helper()
	key, err := service.NewSharedKeyCredential(azurite.Account, azurite.Key)
	if err != nil {
		t.Fatal(err)
	}
	query, err := sas.AccountSignatureValues{Protocol: sas.ProtocolHTTPSandHTTP, StartTime: w.now.Add(-48 * time.Hour), ExpiryTime: w.now.Add(expires),
		Permissions: permissions, ResourceTypes: types}.SignWithSharedKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return query.Encode()
}

// consult runs the doctor and returns its lines by name. They have to be printable
// and to show no secret.
func consult(t *testing.T, code int, environment []string, args ...string) map[string]doctor.Line {
	t.Helper()
	got, stdout, log := program(t, t.TempDir(), environment, append([]string{"doctor", "--format", "json"}, args...)...)
	if got != code {
		t.Errorf("exit code %d, want %d\n%s%s", got, code, stdout, log)
	}
	var lines []doctor.Line
	if err := json.Unmarshal([]byte(stdout), &lines); err != nil {
		t.Fatalf("%v\n%s%s", err, stdout, log)
	}
	byName := map[string]doctor.Line{}
	for _, l := range lines {
		byName[l.Name] = l
		if l.State == doctor.Failed && l.Text == "" {
			t.Errorf("%s fails without a word", l.Name)
		}
	}
	var secrets []string
	for _, pair := range environment {
		_, value, _ := strings.Cut(pair, "=")
		if _, signature, ok := strings.Cut(value, "sig="); ok {
			plain, _ := url.QueryUnescape(signature)
			secrets = append(secrets, plain)
		}
	}
	if piece := searchFor(append(secrets, azurite.Key, testKey, wrongWorkspaceKey)...).in(stdout + log); piece != "" {
		t.Errorf("the output shows %q:\n%s%s", piece, stdout, log)
	}
	return byName
}

// expect is a line's state and a part of its text or advice.
type expect map[string]struct {
	state doctor.State
	says  string
}

func (e expect) of(t *testing.T, what string, lines map[string]doctor.Line) {
	t.Helper()
	for name, want := range e {
		l, ok := lines[name]
		if !ok || l.State != want.state || !strings.Contains(l.Text+"\n"+l.Advice, want.says) {
			t.Errorf("%s: %s: got %q, want %s with %q", what, name, l, want.state, want.says)
		}
	}
}

func TestDoctorInAzure(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	account := []string{"SPARKLESS_STORAGE_ACCOUNT=" + azurite.Account, "SPARKLESS_STORAGE_ENDPOINT=" + string(w.endpoint)}
	by := func(signature string) []string { return []string{account[1], "SPARKLESS_STORAGE_SAS=" + signature} }
	connection := []string{"SPARKLESS_STORAGE_CONNECTION_STRING=" + w.endpoint.ConnectionString()}

	expect{
		"settings read":   {doctor.Passed, "1 from the environment"},
		"key vault":       {doctor.Unchecked, "not set"},
		"sign-in":         {doctor.Passed, "the emulator's public key (storage.connection-string, environment SPARKLESS_STORAGE_CONNECTION_STRING)"},
		"storage account": {doctor.Passed, "127.0.0.1"},
		"clock":           {doctor.Passed, "the storage account's"},
		"export":          {doctor.Passed, `law-brackwater"`},
		"workspace":       {doctor.Passed, "the one that is there"},
		"yesterday":       {doctor.Passed, "blobs of every hour"},
		"today":           {doctor.Passed, "1 blobs, 0.0 MB"},
		"events":          {doctor.Passed, "4688"},
		"work store":      {doctor.Warning, "az storage container create --account-name devstoreaccount1 --name sparkless-work"},
		"disk":            {doctor.Unchecked, "container"},
	}.of(t, "all well but the work container", consult(t, 0, connection))
	if _, err := w.account.NewContainerClient("sparkless-work").GetProperties(t.Context(), nil); err == nil {
		t.Error("the work container was made")
	}
	work := w.account.NewContainerClient("kept")
	if _, err := work.Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	expect{"work store": {doctor.Passed, "written, read, locked and deleted"}}.of(t, "work store", consult(t, 0, connection, "--work-container", "kept"))
	page, err := work.NewListBlobsFlatPager(nil).NextPage(t.Context())
	if err != nil || len(page.Segment.BlobItems) > 0 {
		t.Errorf("the probe was left: %v, error %v", page.Segment, err)
	}

	expect{"export": {doctor.Failed, `did you mean "am-securityevent"?`}, "work store": {doctor.Passed, "deleted"}, "events": {doctor.Unchecked, `"export" failed`}}.
		of(t, "missing container", consult(t, 1, connection, "--container", "am-securityevents", "--work-container", "kept"))
	expect{"workspace": {doctor.Failed, `did you mean "law-brackwater"?`}}.of(t, "workspace", consult(t, 2, connection, "--workspace", "law-brackwatre"))
	wrong := []string{account[0], account[1], "SPARKLESS_STORAGE_ACCOUNT_KEY=" + wrongWorkspaceKey}
	expect{"export": {doctor.Failed, "az storage account keys list --account-name devstoreaccount1"}, "work store": {doctor.Failed, "not authorised"}}.
		of(t, "wrong key", consult(t, 4, wrong))

	expect{"sign-in": {doctor.Passed, "for the account, permissions rwlc, expires "}, "work store": {doctor.Passed, "it stays there (doctor-probe)"}, "events": {doctor.Passed, "4688"}}.
		of(t, "signature", consult(t, 0, by(w.signature(t, "rlcw", "co", 30*24*time.Hour)), "--work-container", "kept"))
	expect{"sign-in": {doctor.Warning, ", in 4"}}.of(t, "signature about to expire", consult(t, 0, by(w.signature(t, "rlcw", "co", 47*time.Hour)), "--work-container", "kept"))
	expect{"sign-in": {doctor.Failed, "it has expired 24h"}, "export": {doctor.Unchecked, `"sign-in" failed`}}.
		of(t, "expired", consult(t, 4, by(w.signature(t, "rl", "co", -24*time.Hour))))
	expect{"sign-in": {doctor.Failed, "it lacks list (l)"}}.of(t, "no list", consult(t, 4, by(w.signature(t, "rw", "co", 200*time.Hour))))
	expect{"sign-in": {doctor.Failed, "not for containers and objects (srt=o)"}}.of(t, "objects alone", consult(t, 4, by(w.signature(t, "rlw", "o", 200*time.Hour))))
	expect{"export": {doctor.Passed, "law-brackwater"}, "work store": {doctor.Failed, "the signature lacks create (c), write (w)"}}.
		of(t, "no write", consult(t, 4, by(w.signature(t, "rl", "co", 200*time.Hour)), "--work-container", "kept"))
	one, err := w.export.GetSASURL(sas.ContainerPermissions{Read: true, List: true, Create: true, Write: true}, w.now.Add(200*time.Hour), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, signature, _ := strings.Cut(one, "?")
	expect{"export": {doctor.Passed, "law-brackwater"}, "work store": {doctor.Failed, "the signature is for one container"}}.
		of(t, "one container", consult(t, 4, by(signature), "--work-container", "kept"))
}

// A clock that is wrong is told before it looks like wrong credentials.
func TestDoctorClock(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		off  time.Duration
		code int
		want doctor.State
		says string
	}{
		{20 * time.Minute, 4, doctor.Failed, " behind the storage account's"},
		{-20 * time.Minute, 4, doctor.Failed, " ahead of the storage account's"},
		{2 * time.Minute, 1, doctor.Warning, " behind the storage account's"},
		{0, 1, doctor.Passed, "the storage account's"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", time.Now().Add(test.off).UTC().Format(http.TimeFormat))
			w.Header().Set("Server", "nothing of the kind")
			w.WriteHeader(http.StatusNotFound)
		}))
		lines := consult(t, test.code, []string{"SPARKLESS_STORAGE_CONNECTION_STRING=" + azurite.Endpoint(server.URL+"/"+azurite.Account).ConnectionString()})
		expect{"clock": {test.want, test.says}, "storage account": {doctor.Warning, "not as a blob service"}, "export": {doctor.Failed, "is this a blob service"}}.of(t, test.off.String(), lines)
		server.Close()
	}
}

// Both ingestion APIs are asked, and neither is sent anything.
func TestDoctorDestinations(t *testing.T) {
	t.Parallel()
	collector, err := publishtest.NewDataCollector(publishtest.DataCollectorConfig{WorkspaceID: testWorkspace, SharedKey: testKey})
	if err != nil {
		t.Fatal(err)
	}
	ingestion := func(edit func(*publishtest.LogsIngestionConfig)) *publishtest.LogsIngestion {
		c := publishtest.LogsIngestionConfig{RuleID: testRule, Stream: testStream, Columns: ruleColumns(t, testStream)}
		edit(&c)
		l, err := publishtest.NewLogsIngestion(c)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	good := ingestion(func(*publishtest.LogsIngestionConfig) {})
	noRole := ingestion(func(c *publishtest.LogsIngestionConfig) { c.NoRole = true })
	otherRule := ingestion(func(c *publishtest.LogsIngestionConfig) { c.RuleID = "dcr-0" })
	otherStream := ingestion(func(c *publishtest.LogsIngestionConfig) { c.Stream = "Custom-Other" })
	for _, s := range []interface {
		Start(string) error
		Close() error
	}{collector, good, noRole, otherRule, otherStream} {
		if err := s.Start(""); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
	}
	folder := t.TempDir()
	smallDayIn(t, folder)
	base := []string{"SPARKLESS_STORAGE_FOLDER=" + folder}
	collect := func(key string) []string {
		return append(base[:1:1], "SPARKLESS_DATACOLLECTOR_ENDPOINT="+collector.URL(), "SPARKLESS_DATACOLLECTOR_WORKSPACE_ID="+testWorkspace, "SPARKLESS_DATACOLLECTOR_SHARED_KEY="+key)
	}
	ingest := func(l *publishtest.LogsIngestion) []string {
		return append(append(base[:1:1], "SPARKLESS_LOGSINGESTION_ENDPOINT="+l.URL(), "SPARKLESS_LOGSINGESTION_RULE_ID="+testRule, "SPARKLESS_LOGSINGESTION_STREAM="+testStream), l.Environ()...)
	}
	const api, other, record = "Data Collector API", "Logs Ingestion API", "run health"
	declared := ruleColumns(t, health.Stream)
	both := ingestion(func(c *publishtest.LogsIngestionConfig) {
		c.Others = map[string][]publishtest.Column{health.Stream: declared}
	})
	if err := both.Start(""); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = both.Close() }()
	stream := "SPARKLESS_LOGSINGESTION_HEALTH_STREAM=" + health.Stream
	expect{other: {doctor.Passed, ""}, record: {doctor.Passed, "only the list is refused (400)"}}.of(t, "a stream for runs", consult(t, 0, append(ingest(both), stream)))
	expect{other: {doctor.Passed, ""}, record: {doctor.Failed, "check logsingestion.health-stream"}}.of(t, "no stream for runs", consult(t, 2, append(ingest(good), stream)))
	expect{record: {doctor.Unchecked, "no record of runs is sent"}}.of(t, "none is wanted", consult(t, 0, ingest(good)))
	expect{record: {doctor.Passed, "the key is right"}}.of(t, "a table for runs", consult(t, 0, append(collect(testKey), "SPARKLESS_DATACOLLECTOR_HEALTH_LOG_TYPE="+health.LogType)))
	expect{record: {doctor.Failed, "az monitor log-analytics workspace get-shared-keys"}}.of(t, "wrong key for it", consult(t, 4, append(collect(wrongWorkspaceKey), "SPARKLESS_DATACOLLECTOR_HEALTH_LOG_TYPE="+health.LogType)))
	expect{api: {doctor.Passed, "answered 400 InvalidDataFormat, with another key 403 InvalidAuthorization"}, other: {doctor.Unchecked, "no logsingestion setting"}}.of(t, "right key", consult(t, 0, collect(testKey)))
	expect{api: {doctor.Failed, "az monitor log-analytics workspace get-shared-keys"}}.of(t, "wrong key", consult(t, 4, collect(wrongWorkspaceKey)))
	expect{other: {doctor.Passed, "only the list is refused (400)"}, "columns": {doctor.Unchecked, testRule}}.of(t, "right rule", consult(t, 0, ingest(good)))
	expect{other: {doctor.Failed, `az role assignment create --role "Monitoring Metrics Publisher" --assignee-object-id 00000000-0000-0000-0000-00000000bbbb --assignee-principal-type ServicePrincipal ` +
		`--scope /subscriptions/0f0e0d0c-0b0a-0908-0706-050403020100/resourceGroups/soc/providers/Microsoft.Insights/dataCollectionRules/sparkless `}}.of(t, "no role", consult(t, 4, ingest(noRole)))
	expect{other: {doctor.Failed, "check logsingestion.rule-id"}}.of(t, "wrong rule", consult(t, 2, ingest(otherRule)))
	expect{other: {doctor.Failed, "check logsingestion.stream"}}.of(t, "wrong stream", consult(t, 2, ingest(otherStream)))
	noIdentity := ingest(good)
	noIdentity[len(noIdentity)-1] = "IDENTITY_HEADER=forged"
	expect{other: {doctor.Failed, "az login"}}.of(t, "no token", consult(t, 4, noIdentity))
	for _, s := range []interface{ Rows() []publishtest.Row }{collector, good, both, noRole, otherRule, otherStream} {
		if rows := s.Rows(); len(rows) > 0 {
			t.Errorf("%d records were published", len(rows))
		}
	}
}

func smallDayIn(t *testing.T, folder string) {
	t.Helper()
	smallDay(t, func(name string, data []byte) error {
		path := folder + "/" + name
		if err := os.MkdirAll(path[:strings.LastIndexByte(path, '/')], 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, data, 0o644)
	})
}

// The vault's secrets are found by name, and a right that is missing is named with
// the vault.
func TestDoctorKeyVault(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	smallDayIn(t, folder)
	k := startVault(t, map[string]string{"wsId": testWorkspace, "wsSharedKey": "bm90LXRoZS1rZXk="})
	environment := append(k.environment(t), "SPARKLESS_KEY_VAULT_URL=https://"+vaultHost, "SPARKLESS_STORAGE_FOLDER="+folder, "SPARKLESS_DATACOLLECTOR_ENDPOINT=http://127.0.0.1:1")
	expect{"key vault": {doctor.Passed, "has 2 of 2 secrets: wsId for datacollector.workspace-id, wsSharedKey for datacollector.shared-key"}, "Data Collector API": {doctor.Failed, "no answer: "}}.
		of(t, "both", consult(t, 1, environment))
	k.change(func() { delete(k.secrets, "wsSharedKey") })
	expect{"key vault": {doctor.Passed, "it does not have wsSharedKey for datacollector.shared-key"}, "settings": {doctor.Failed, "datacollector.shared-key"}}.
		of(t, "one", consult(t, 2, environment))
	k.change(func() { k.answer = refusal(403, "Forbidden", "ForbiddenByRbac") })
	expect{"key vault": {doctor.Failed, `az role assignment create --role "Key Vault Secrets User" --assignee "<client ID or object ID of the identity>" --scope "$(az keyvault show --name my-vault --query id --output tsv)"`},
		"settings": {doctor.Unchecked, `"key vault" failed`}}.of(t, "no role", consult(t, 4, environment))
	k.change(func() { k.answer = refusal(403, "Forbidden", "ForbiddenByFirewall") })
	expect{"key vault": {doctor.Failed, "az keyvault network-rule add --name my-vault"}}.of(t, "firewall", consult(t, 4, environment))
}

func TestMeant(t *testing.T) {
	for _, test := range []struct {
		want       string
		candidates []string
		meant      string
	}{
		{"am-securityevents", []string{"am-security", "am-securityevent", "$logs"}, "am-securityevent"},
		{"AM-SecurityEvens", []string{"am-securityevent"}, "am-securityevent"},
		{"law-brackwatre", []string{"law-other", "law-brackwater"}, "law-brackwater"},
		{"/subscriptions/x/workspaces/Contosso", []string{"/subscriptions/y/workspaces/contoso"}, "/subscriptions/y/workspaces/contoso"},
		{"mine", []string{"yours", "am-securityevent"}, ""},
		{"x", nil, ""},
	} {
		if got := meant(test.want, test.candidates); got != test.meant {
			t.Errorf("%q: %q, want %q", test.want, got, test.meant)
		}
	}
}

// What comes from elsewhere stays one word of a command.
func TestShellWord(t *testing.T) {
	for text, want := range map[string]string{"mystorage": "mystorage", "a b": "'a b'", "$(reboot)": "'$(reboot)'", "it's": `'it'\''s'`, "": "''", "a;b": "'a;b'", "/subscriptions/x": "/subscriptions/x"} {
		if got := shellWord(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestSampleOf(t *testing.T) {
	blob := func(size int64) storage.Blob { return storage.Blob{Name: strconv.FormatInt(size, 10), Size: size} }
	for _, test := range []struct{ sizes, want []int64 }{
		{nil, []int64{0}}, {[]int64{0}, []int64{0}}, {[]int64{5, 900, 30}, []int64{900}},
		{[]int64{largestSample + 1, 5, largestSample + 9}, []int64{5}}, {[]int64{largestSample + 9, largestSample + 1}, []int64{largestSample + 1}},
	} {
		var blobs []storage.Blob
		for _, size := range test.sizes {
			blobs = append(blobs, blob(size))
		}
		if got := sampleOf(blobs); got.Size != test.want[0] {
			t.Errorf("of %v: %d", test.sizes, got.Size)
		}
	}
}
