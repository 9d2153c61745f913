// Package check holds the manifests beside it to the types of Kubernetes and KEDA, in a
// module of its own, so that the program knows nothing of them.
package check

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// object is a document of a manifest, as the type that it says it is.
type object struct {
	kind, name, namespace string
	value                 any
}

// types are the kinds that the manifests may hold.
func types() map[string]func() any {
	return map[string]func() any{
		"v1 Namespace":                             func() any { return &corev1.Namespace{} },
		"v1 ServiceAccount":                        func() any { return &corev1.ServiceAccount{} },
		"v1 ConfigMap":                             func() any { return &corev1.ConfigMap{} },
		"apps/v1 Deployment":                       func() any { return &appsv1.Deployment{} },
		"batch/v1 CronJob":                         func() any { return &batchv1.CronJob{} },
		"policy/v1 PodDisruptionBudget":            func() any { return &policyv1.PodDisruptionBudget{} },
		"rbac.authorization.k8s.io/v1 Role":        func() any { return &rbacv1.Role{} },
		"rbac.authorization.k8s.io/v1 RoleBinding": func() any { return &rbacv1.RoleBinding{} },
		"keda.sh/v1alpha1 ScaledObject":            func() any { return &scaledObject{} },
		"keda.sh/v1alpha1 TriggerAuthentication":   func() any { return &triggerAuthentication{} },
	}
}

// strictly reads a document into its type: a member that the type does not have, or
// that is there twice, is an error.
func strictly(text []byte) (object, error) {
	var head struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Metadata   struct {
			Name      string `json:"name"`
			Namespace string `json:"namespace"`
		} `json:"metadata"`
	}
	if err := yaml.Unmarshal(text, &head); err != nil {
		return object{}, err
	}
	o := object{kind: head.Kind, name: head.Metadata.Name, namespace: head.Metadata.Namespace}
	made, ok := types()[head.APIVersion+" "+head.Kind]
	if !ok {
		return o, fmt.Errorf("%s %s is of no type that is known here", head.APIVersion, head.Kind)
	}
	o.value = made()
	var err error
	if strings.HasPrefix(head.APIVersion, "keda.sh/") {
		err = asKEDA(text, o.value)
	} else {
		err = asCluster(text, o.value)
	}
	if err != nil {
		return o, fmt.Errorf("%s %s: %w", o.kind, o.name, err)
	}
	return o, nil
}

// asCluster reads YAML as a cluster does that validates strictly: names with their case.
func asCluster(text []byte, v any) error {
	document, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return err
	}
	found, err := json.UnmarshalStrict(document, v)
	return errors.Join(append(found, err)...)
}

// built is what `kubectl apply -k` sends for a folder.
func built(files filesys.FileSystem, folder string) ([]object, error) {
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(files, folder)
	if err != nil {
		return nil, err
	}
	var all []object
	for _, r := range made.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			return nil, err
		}
		o, err := strictly(text)
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, nil
}

// What somebody applies: two folders as they are, and with what is commented out there.
const (
	temporalFolder  = "temporal"
	indexedFolder   = "indexed"
	mtlsFolder      = "temporal and mtls"
	scheduledFolder = "indexed and nightly"
)

// folders are all of them.
func folders(t *testing.T) map[string][]object {
	t.Helper()
	all := map[string][]object{}
	for _, name := range []string{temporalFolder, indexedFolder, mtlsFolder, scheduledFolder} {
		folder, _, more := strings.Cut(name, " ")
		files := copied(t, func(file, text string) string {
			if more && file == folder+"/kustomization.yaml" {
				return uncommented(text)
			}
			return text
		})
		objects, err := built(files, "/"+folder)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name] = objects
	}
	return all
}

// uncommented has what is YAML behind the signs of comments: members and items.
func uncommented(text string) string {
	return regexp.MustCompile(`(?m)^# ?((?: +(?:- |files|newName|newTag)|components:|configMapGenerator:).*)$`).ReplaceAllString(text, "$1")
}

// copied are the manifests in memory, each as change has it.
func copied(t *testing.T, change func(name, text string) string) filesys.FileSystem {
	t.Helper()
	files, disk := filesys.MakeFsInMemory(), filesys.MakeFsOnDisk()
	for _, folder := range []string{"base", "temporal", "indexed", "mtls"} {
		names, err := disk.ReadDir("../" + folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := disk.ReadFile("../" + folder + "/" + name)
			if err == nil {
				err = files.WriteFile("/"+folder+"/"+name, []byte(change(folder+"/"+name, string(text))))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return files
}

func replaced(t *testing.T, text, old, by string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("there is no %q", old)
	}
	return strings.Replace(text, old, by, 1)
}

func of[T any](objects []object) map[string]T {
	all := map[string]T{}
	for _, o := range objects {
		if v, ok := o.value.(T); ok {
			all[o.name] = v
		}
	}
	return all
}

// pods are the pods of deployments and jobs, by the name of whose they are.
func pods(objects []object) map[string]corev1.PodTemplateSpec {
	all := map[string]corev1.PodTemplateSpec{}
	for name, d := range of[*appsv1.Deployment](objects) {
		all[name] = d.Spec.Template
	}
	for name, c := range of[*batchv1.CronJob](objects) {
		all[name] = c.Spec.JobTemplate.Spec.Template
	}
	return all
}
