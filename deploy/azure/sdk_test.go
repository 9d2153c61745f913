package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/fake"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/appcontainers/armappcontainers/v3"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/monitor/armmonitor"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/operationalinsights/armoperationalinsights/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage/v2"
)

// request is what Azure's client library would send for a resource.
type request struct{ path, version, body string }

var errSeen = errors.New("seen")

func (r *request) Do(q *http.Request) (*http.Response, error) {
	r.path, r.version = q.URL.Path, q.URL.Query().Get("api-version")
	body, err := io.ReadAll(q.Body)
	r.body = string(body)
	return nil, errors.Join(errSeen, err)
}

// sdk puts a resource by the client library of its service: a description of it that
// Microsoft generates from the same specifications as the schemas of templates.
type sdk struct {
	t    *testing.T
	into string   // the resource group
	last []string // the names in the ID, behind the group
	body []byte
	on   string // the scope of a resource that extends another
	opts *arm.ClientOptions
}

const anySubscription = "00000000-0000-0000-0000-000000000001"

// read reads the body as the library knows the resource.
func read[T any](s *sdk) T {
	var v T
	if err := json.Unmarshal(s.body, &v); err != nil {
		s.t.Error(err)
	}
	return v
}

// made is a client, which cannot fail.
func made[T any](client T, err error) T {
	if err != nil {
		panic(err)
	}
	return client
}

// puts are what each type of resource is put by.
func puts() map[string]func(context.Context, *sdk) error {
	who := &fake.TokenCredential{}
	return map[string]func(context.Context, *sdk) error{
		"Microsoft.App/jobs": func(ctx context.Context, s *sdk) error {
			_, err := made(armappcontainers.NewJobsClient(anySubscription, who, s.opts)).BeginCreateOrUpdate(ctx, s.into, s.last[0], read[armappcontainers.Job](s), nil)
			return err
		},
		"Microsoft.App/managedEnvironments": func(ctx context.Context, s *sdk) error {
			_, err := made(armappcontainers.NewManagedEnvironmentsClient(anySubscription, who, s.opts)).BeginCreateOrUpdate(ctx, s.into, s.last[0], read[armappcontainers.ManagedEnvironment](s), nil)
			return err
		},
		"Microsoft.ManagedIdentity/userAssignedIdentities": func(ctx context.Context, s *sdk) error {
			_, err := made(armmsi.NewUserAssignedIdentitiesClient(anySubscription, who, s.opts)).CreateOrUpdate(ctx, s.into, s.last[0], read[armmsi.Identity](s), nil)
			return err
		},
		"Microsoft.OperationalInsights/workspaces/tables": func(ctx context.Context, s *sdk) error {
			_, err := made(armoperationalinsights.NewTablesClient(anySubscription, who, s.opts)).BeginCreateOrUpdate(ctx, s.into, s.last[0], s.last[1], read[armoperationalinsights.Table](s), nil)
			return err
		},
		"Microsoft.Insights/dataCollectionRules": func(ctx context.Context, s *sdk) error {
			_, err := made(armmonitor.NewDataCollectionRulesClient(anySubscription, who, s.opts)).Create(ctx, s.into, s.last[0], read[armmonitor.DataCollectionRuleResource](s), nil)
			return err
		},
		"Microsoft.Insights/diagnosticSettings": func(ctx context.Context, s *sdk) error {
			_, err := made(armmonitor.NewDiagnosticSettingsClient(who, s.opts)).CreateOrUpdate(ctx, s.on, s.last[0], read[armmonitor.DiagnosticSettingsResource](s), nil)
			return err
		},
		"Microsoft.Storage/storageAccounts/blobServices/containers": func(ctx context.Context, s *sdk) error {
			_, err := made(armstorage.NewBlobContainersClient(anySubscription, who, s.opts)).Create(ctx, s.into, s.last[0], s.last[2], read[armstorage.BlobContainer](s), nil)
			return err
		},
		"Microsoft.Authorization/roleAssignments": func(ctx context.Context, s *sdk) error {
			_, err := made(armauthorization.NewRoleAssignmentsClient(anySubscription, who, s.opts)).Create(ctx, s.on, s.last[0], read[armauthorization.RoleAssignmentCreateParameters](s), nil)
			return err
		},
	}
}

// Azure's own client libraries, given what the template says, would ask for the same
// resource at the same version of the API with the same body: they know every property.
func TestClientLibrariesKnowEveryResource(t *testing.T) {
	for name, params := range deployments() {
		for id, r := range deployed(t, params).Resources {
			if r.Type == "Microsoft.Resources/deployments" || strings.HasPrefix(id, registryID) {
				continue
			}
			put, ok := puts()[r.Type]
			if !ok {
				t.Errorf("no client library for %s", r.Type)
				continue
			}
			text, err := json.Marshal(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			got := send(t, put, id, r.Type, text)
			if !strings.EqualFold(got.path, id) || got.version != r.Version {
				t.Errorf("%s: %s at version %s; the library puts %s at %s", name, id, r.Version, got.path, got.version)
			}
			if want := plain(t, text); !reflect.DeepEqual(plain(t, []byte(got.body)), want) {
				t.Errorf("%s: %s: the library makes\n%s\nof\n%s", name, id, got.body, text)
			}
		}
	}
}

func send(t *testing.T, put func(context.Context, *sdk) error, id, kind string, body []byte) request {
	t.Helper()
	var got request
	at := strings.LastIndex(id, "/providers/")
	s := &sdk{t: t, on: id[:at], body: body, opts: &arm.ClientOptions{ClientOptions: policy.ClientOptions{Transport: &got, Retry: policy.RetryOptions{MaxRetries: -1}}, DisableRPRegistration: true}}
	s.into = strings.Split(id, "/")[4]
	for i, part := range strings.Split(strings.TrimPrefix(id[at:], "/providers/"), "/") {
		if i > 0 && i%2 == 0 {
			s.last = append(s.last, part)
		}
	}
	if err := put(t.Context(), s); !errors.Is(err, errSeen) {
		t.Errorf("%s: %v", kind, err)
	}
	return got
}

// plain is JSON without what only looks different: an empty object or list says no more
// than none.
func plain(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// What no client library knows is noticed.
func TestUnknownPropertyIsNoticed(t *testing.T) {
	job := deployed(t, deployments()["least"]).Of("Microsoft.App/jobs")[0]
	config := job.Body["properties"].(map[string]any)["configuration"].(map[string]any)
	config["replicaRetries"] = 1
	text, err := json.Marshal(job.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := send(t, puts()[job.Type], job.ID, job.Type, text)
	if reflect.DeepEqual(plain(t, []byte(got.body)), plain(t, text)) || !slices.Contains(strings.Split(got.path, "/"), "jobs") {
		t.Errorf("%s", got.body)
	}
}

// Tables and rules have names of their own for types.
func TestColumnTypes(t *testing.T) {
	d := deployed(t, deployments()["least"])
	ofTable, ofRule := map[string]bool{}, map[string]bool{}
	for _, known := range armoperationalinsights.PossibleColumnTypeEnumValues() {
		ofTable[string(known)] = true
	}
	for _, known := range armmonitor.PossibleKnownColumnDefinitionTypeValues() {
		ofRule[string(known)] = true
	}
	check := func(where string, columns any, known map[string]bool) {
		for _, c := range columns.([]any) {
			if kind := c.(map[string]any)["type"].(string); !known[kind] {
				t.Errorf("%s has the type %s", where, kind)
			}
		}
	}
	for _, r := range d.Of("Microsoft.OperationalInsights/workspaces/tables") {
		check(r.ID, r.Body["properties"].(map[string]any)["schema"].(map[string]any)["columns"], ofTable)
	}
	for _, r := range d.Of("Microsoft.Insights/dataCollectionRules") {
		for name, stream := range r.Body["properties"].(map[string]any)["streamDeclarations"].(map[string]any) {
			check(name, stream.(map[string]any)["columns"], ofRule)
		}
	}
}
