package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	_ "github.com/kedacore/keda/v2/version" // has go.mod pin the release
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kube-openapi/pkg/validation/strfmt"
	"k8s.io/kube-openapi/pkg/validation/validate"
	"sigs.k8s.io/yaml"
)

// parameter is what a scaler of KEDA takes, as its release lists it.
type parameter struct {
	Name        string `json:"name"`
	Optional    bool   `json:"optional"`
	Default     string `json:"default"`
	Deprecated  string `json:"deprecated"`
	InMetadata  bool   `json:"metadataVariableReadable"`
	FromEnv     bool   `json:"envVariableReadable"`
	InSecretRef bool   `json:"triggerAuthenticationVariableReadable"`
}

// release is a file of the release of KEDA that go.mod pins.
func release(name ...string) ([]byte, error) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/kedacore/keda/v2").Output()
	if err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(append([]string{strings.TrimSpace(string(dir))}, name...)...))
}

// scaledObject and triggerAuthentication are what the tests look at in these, once
// asKEDA has held the whole to the schema that KEDA gives the cluster.
type scaledObject struct {
	Spec struct {
		ScaleTargetRef  struct{ Name string }
		MinReplicaCount int
		MaxReplicaCount int
		Advanced        struct {
			HorizontalPodAutoscalerConfig map[string]autoscalingv2.HorizontalPodAutoscalerBehavior // of its one member
		}
		Triggers []struct {
			Type              string
			Metadata          map[string]string
			AuthenticationRef struct{ Name string }
		}
	}
}

type triggerAuthentication struct {
	Spec struct {
		SecretTargetRef []struct{ Parameter, Name, Key string }
	}
}

// asKEDA reads a document that fits its definition in KEDA's release: the cluster holds
// what is applied to the same schema. It leaves out members that are not in it, which
// is refused here.
func asKEDA(text []byte, v any) error {
	var document map[string]any
	if err := yaml.UnmarshalStrict(text, &document); err != nil {
		return err
	}
	schema, err := definition(fmt.Sprint(document["kind"]))
	if err != nil {
		return err
	}
	result := validate.NewSchemaValidator(schema, nil, "", strfmt.Default).Validate(document)
	var meta struct {
		Metadata metav1.ObjectMeta `json:"metadata"`
	}
	members, err := yaml.Marshal(map[string]any{"metadata": document["metadata"]})
	return errors.Join(result.AsError(), err, asCluster(members, &meta), yaml.Unmarshal(text, v))
}

// definition is the schema of a kind, closed: without members that it does not name.
func definition(kind string) (*spec.Schema, error) {
	text, err := release("config", "crd", "bases", "keda.sh_"+strings.ToLower(kind)+"s.yaml")
	if err != nil {
		return nil, err
	}
	var crd struct {
		Spec struct {
			Versions []struct {
				Schema struct {
					OpenAPIV3Schema spec.Schema `json:"openAPIV3Schema"`
				} `json:"schema"`
			} `json:"versions"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal(text, &crd); err != nil || len(crd.Spec.Versions) != 1 {
		return nil, fmt.Errorf("%s: %d versions: %w", kind, len(crd.Spec.Versions), err)
	}
	schema := &crd.Spec.Versions[0].Schema.OpenAPIV3Schema
	closeSchema(schema)
	return schema, nil
}

func closeSchema(s *spec.Schema) {
	if len(s.Properties) > 0 && s.AdditionalProperties == nil {
		s.AdditionalProperties = &spec.SchemaOrBool{Allows: false}
	}
	for name, property := range s.Properties {
		closeSchema(&property)
		s.Properties[name] = property
	}
	if s.Items != nil && s.Items.Schema != nil {
		closeSchema(s.Items.Schema)
	}
}

// temporalParameters are those of the scaler for Temporal.
func temporalParameters(t *testing.T) map[string]parameter {
	t.Helper()
	text, err := release("schema", "generated", "scalers-schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Scalers []struct {
			Type       string      `json:"type"`
			Parameters []parameter `json:"parameters"`
		} `json:"scalers"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	all := map[string]parameter{}
	for _, s := range schema.Scalers {
		for _, p := range s.Parameters {
			if s.Type == "temporal" {
				all[p.Name] = p
			}
		}
	}
	if len(all) < 10 {
		t.Fatalf("%v", all)
	}
	return all
}

// The trigger has what KEDA's scaler knows and needs, from where it may have it: itself,
// the environment of the worker, the secret.
func TestTrigger(t *testing.T) {
	known := temporalParameters(t)
	for _, folder := range []string{temporalFolder, mtlsFolder} {
		objects := folders(t)[folder]
		scaled := of[*scaledObject](objects)["sparkless-worker"]
		worker := of[*appsv1.Deployment](objects)[scaled.Spec.ScaleTargetRef.Name]
		if worker == nil || len(scaled.Spec.Triggers) != 1 || scaled.Spec.Triggers[0].Type != "temporal" {
			t.Fatalf("%s: %v", folder, scaled.Spec)
		}
		trigger, said := scaled.Spec.Triggers[0], map[string]string{}
		for name, value := range trigger.Metadata {
			if p, ok := known[name]; ok && p.InMetadata && p.Deprecated == "" {
				said[name] = value
			} else if base, fromEnv := strings.CutSuffix(name, "FromEnv"); fromEnv && known[base].FromEnv {
				said[base] = valueIn(objects, worker, value)
			} else {
				t.Errorf("%s: the scaler has no %s", folder, name)
			}
		}
		authentication := of[*triggerAuthentication](objects)[trigger.AuthenticationRef.Name]
		for _, ref := range authentication.Spec.SecretTargetRef {
			if !known[ref.Parameter].InSecretRef {
				t.Errorf("%s: the scaler takes no %s from a secret", folder, ref.Parameter)
			}
			said[ref.Parameter] = ref.Name + "/" + ref.Key
		}
		for name, p := range known {
			if !p.Optional && p.Default == "" && said[name] == "" {
				t.Errorf("%s: the scaler needs %s", folder, name)
			}
		}
		for _, name := range []string{"apiKey", "cert", "key", "ca"} {
			if want := name == "apiKey" || folder == mtlsFolder; (said[name] != "") != want {
				t.Errorf("%s: %s is %q", folder, name, said[name])
			}
		}
		checkTrigger(t, said, scaled)
	}
}

// checkTrigger holds values to what the scaler's source takes (pkg/scalers/
// temporal_scaler.go): kinds of queues that it does not know it takes for the first.
func checkTrigger(t *testing.T, said map[string]string, scaled *scaledObject) {
	t.Helper()
	for kind := range strings.SplitSeq(said["queueTypes"], ",") {
		if !slices.Contains([]string{"activity", "workflow"}, kind) {
			t.Errorf("there is no queue for %q", kind)
		}
	}
	for _, name := range []string{"targetQueueSize", "activationTargetQueueSize"} {
		if n, err := strconv.Atoi(said[name]); err != nil || n < 0 {
			t.Errorf("%s is %q", name, said[name])
		}
	}
	for _, name := range []string{"enableTLS", "includeRunningWorkflowCount"} {
		if _, err := strconv.ParseBool(said[name]); err != nil {
			t.Errorf("%s is %q", name, said[name])
		}
	}
	if scaled.Spec.MinReplicaCount != 0 || scaled.Spec.MaxReplicaCount < 1 || len(scaled.Spec.Advanced.HorizontalPodAutoscalerConfig) != 1 {
		t.Errorf("%v", scaled.Spec)
	}
	for _, scaling := range scaled.Spec.Advanced.HorizontalPodAutoscalerConfig {
		if *scaling.ScaleDown.StabilizationWindowSeconds > 3600 { // the most that the cluster takes
			t.Errorf("%v", scaling.ScaleDown)
		}
	}
}

// valueIn is what a variable is in the environment of the worker, where KEDA looks.
func valueIn(objects []object, worker *appsv1.Deployment, name string) string {
	for _, from := range worker.Spec.Template.Spec.Containers[0].EnvFrom {
		if value, ok := of[*corev1.ConfigMap](objects)[from.ConfigMapRef.Name].Data[name]; ok {
			return value
		}
	}
	return ""
}
