package check

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	admission "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// What is applied is there, once, in its namespace, under names that the cluster takes.
func TestObjects(t *testing.T) {
	for folder, want := range map[string][]string{
		temporalFolder: {"ConfigMap sparkless", "ConfigMap sparkless-temporal", "CronJob sparkless-backfill", "CronJob sparkless-nightly", "CronJob sparkless-queue", "CronJob sparkless-status",
			"Deployment sparkless-worker", "Namespace sparkless", "PodDisruptionBudget sparkless-worker", "ScaledObject sparkless-worker", "ServiceAccount sparkless", "TriggerAuthentication sparkless-temporal"},
		scheduledFolder: {"ConfigMap sparkless", "ConfigMap sparkless-scripts", "CronJob sparkless-merge", "CronJob sparkless-nightly", "CronJob sparkless-shard", "Namespace sparkless",
			"Role sparkless-starter", "RoleBinding sparkless-starter", "ServiceAccount sparkless", "ServiceAccount sparkless-starter"},
		indexedFolder: {"ConfigMap sparkless", "CronJob sparkless-merge", "CronJob sparkless-shard", "Namespace sparkless", "ServiceAccount sparkless"},
	} {
		var got []string
		for _, o := range folders(t)[folder] {
			o.name = regexp.MustCompile(`-[a-z0-9]{10}$`).ReplaceAllString(o.name, "") // the digest of a generated one
			got = append(got, o.kind+" "+o.name)
			if problems := validation.IsDNS1123Label(o.name); len(problems) > 0 || o.kind != "Namespace" && o.namespace != "sparkless" {
				t.Errorf("%s: %s %s in %q: %v", folder, o.kind, o.name, o.namespace, problems)
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: %q", folder, got)
		}
	}
}

// A member that the types do not have is noticed, where it stands deep inside as well.
func TestUnknownMembersAreNoticed(t *testing.T) {
	for name, change := range map[string][2]string{
		"temporal/worker.yaml":  {"readOnlyRootFilesystem:", "readonlyRootFileSystem:"},
		"temporal/nightly.yaml": {"backoffLimit:", "backoffLimits:"},
		"temporal/scale.yaml":   {"cooldownPeriod:", "coolDownPeriod:"},
		"indexed/shard.yaml":    {"backoffLimitPerIndex:", "backOffLimitPerIndex:"},
		"indexed/merge.yaml":    {"onExitCodes:", "onExitCode:"},
		"base/settings.yaml":    {"kind: ConfigMap", "kind: ConfigMaps"},
		"temporal/byhand.yaml":  {"suspend: true", "suspend: true\n  suspend: false"},
	} {
		files := copied(t, func(file, text string) string {
			if file == name {
				return replaced(t, text, change[0], change[1])
			}
			return text
		})
		folder, _, _ := strings.Cut(name, "/")
		if folder == "base" {
			folder = "temporal"
		}
		if _, err := built(files, "/"+folder); err == nil {
			t.Errorf("%s: %s passes", name, change[1])
		}
	}
}

// starter is the container that has kubectl in place of sparkless.
const starter = "kubectl"

// Pods keep to the strictest of the standards for pod security, which their namespace
// asks for, and are what the image wants: user 65532, a root that is read-only, no rights.
func TestPodsAreRestricted(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	level := admission.LevelVersion{Level: admission.LevelRestricted, Version: admission.LatestVersion()}
	for folder, objects := range folders(t) {
		if got := of[*corev1.Namespace](objects)["sparkless"].Labels[admission.EnforceLevelLabel]; got != string(level.Level) {
			t.Errorf("%s: the namespace asks for %q", folder, got)
		}
		for name, pod := range pods(objects) {
			for _, result := range evaluator.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec) {
				if !result.Allowed {
					t.Errorf("%s %s: %s: %s", folder, name, result.ForbiddenReason, result.ForbiddenDetail)
				}
			}
			c := pod.Spec.Containers[0]
			if c.Name == starter {
				continue
			}
			if len(pod.Spec.Containers) != 1 || len(c.Command) != 0 || *pod.Spec.SecurityContext.RunAsUser != 65532 || *pod.Spec.SecurityContext.FSGroup != 65532 || !*c.SecurityContext.ReadOnlyRootFilesystem {
				t.Errorf("%s %s: %v", folder, name, c)
			}
			if pod.Labels["azure.workload.identity/use"] != "true" || pod.Spec.ServiceAccountName != "sparkless" || *pod.Spec.AutomountServiceAccountToken {
				t.Errorf("%s %s does not sign in as it should", folder, name)
			}
			if pod.Spec.NodeSelector[corev1.LabelArchStable] == "" {
				t.Errorf("%s %s may run another program than its peers, for another processor", folder, name)
			}
			if c.Image != "registry.example/sparkless:v1" {
				t.Errorf("%s %s has the image %s", folder, name, c.Image)
			}
			if *pod.Spec.TerminationGracePeriodSeconds < 30 {
				t.Errorf("%s %s has %d seconds to give its batch back", folder, name, *pod.Spec.TerminationGracePeriodSeconds)
			}
			if c.Resources.Limits.Memory().IsZero() || !maps.EqualFunc(c.Resources.Limits, c.Resources.Requests, resource.Quantity.Equal) {
				t.Errorf("%s %s: %v", folder, name, c.Resources)
			}
		}
	}
}

// What is referred to is there: maps of settings, the account, labels.
func TestReferencesLeadSomewhere(t *testing.T) {
	for folder, objects := range folders(t) {
		maps, accounts := of[*corev1.ConfigMap](objects), of[*corev1.ServiceAccount](objects)
		for name, pod := range pods(objects) {
			if accounts[pod.Spec.ServiceAccountName] == nil {
				t.Errorf("%s %s: there is no account %s", folder, name, pod.Spec.ServiceAccountName)
			}
			c := pod.Spec.Containers[0]
			for _, from := range c.EnvFrom {
				if from.ConfigMapRef == nil || maps[from.ConfigMapRef.Name] == nil {
					t.Errorf("%s %s: %v", folder, name, from)
				}
			}
			for _, mount := range c.VolumeMounts {
				if !slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == mount.Name }) {
					t.Errorf("%s %s: there is no volume %s", folder, name, mount.Name)
				}
			}
		}
		for name, d := range of[*appsv1.Deployment](objects) {
			budget := of[*policyv1.PodDisruptionBudget](objects)[name]
			for label, value := range d.Spec.Selector.MatchLabels {
				if d.Spec.Template.Labels[label] != value || budget.Spec.Selector.MatchLabels[label] != value {
					t.Errorf("%s %s: %s=%s selects others", folder, name, label, value)
				}
			}
			if d.Spec.Replicas != nil {
				t.Errorf("%s %s: applying it again would undo what KEDA does", folder, name)
			}
		}
	}
}

// All that work for a queue have the same settings, certificates among them: on these
// its name hangs.
func TestOneQueueHasOneSetOfSettings(t *testing.T) {
	for folder, objects := range folders(t) {
		seen := map[string]string{}
		for name, pod := range pods(objects) {
			c, own := pod.Spec.Containers[0], ""
			if c.Name == starter {
				continue
			}
			for _, from := range c.EnvFrom {
				own += from.ConfigMapRef.Name + " "
			}
			for _, v := range c.Env {
				if !slices.Contains([]string{"SPARKLESS_WINDOW_LAST", "DAY", "PLAN"}, v.Name) { // what to run is not how
					own += v.String() + " "
				}
			}
			seen[own] += name + " "
		}
		if len(seen) != 1 {
			t.Errorf("%s: %q", folder, seen)
		}
		if has := strings.Contains(strings.Join(slices.Collect(maps.Keys(seen)), ""), "SPARKLESS_TEMPORAL_TLS_CERT"); has != (folder == mtlsFolder) {
			t.Errorf("%s: certificates: %v", folder, has)
		}
	}
}

// Jobs end: each has a limit of time and of tries, is not restarted in place, and tells
// what is worth a try from what is not. Container and image agree.
func TestJobsEnd(t *testing.T) {
	for folder, objects := range folders(t) {
		for name, c := range of[*batchv1.CronJob](objects) {
			job := c.Spec.JobTemplate.Spec
			byHand := c.Spec.Suspend != nil && *c.Spec.Suspend
			if *c.Spec.TimeZone != "Etc/UTC" || !byHand && c.Spec.ConcurrencyPolicy != batchv1.ForbidConcurrent {
				t.Errorf("%s %s: %v", folder, name, c.Spec)
			}
			if job.ActiveDeadlineSeconds == nil || job.BackoffLimit == nil && job.BackoffLimitPerIndex == nil || job.Template.Spec.RestartPolicy != corev1.RestartPolicyNever {
				t.Errorf("%s %s may run for ever", folder, name)
			}
			if p := job.PodFailurePolicy; p != nil {
				checkPolicy(t, folder+" "+name, p, job)
			} else if *job.BackoffLimit > 0 {
				t.Errorf("%s %s is tried again whatever it failed of", folder, name)
			}
		}
	}
}

func checkPolicy(t *testing.T, name string, p *batchv1.PodFailurePolicy, job batchv1.JobSpec) {
	t.Helper()
	if p.Rules[0].Action != batchv1.PodFailurePolicyActionIgnore || p.Rules[0].OnPodConditions[0].Type != corev1.DisruptionTarget {
		t.Errorf("%s: %v", name, p)
	}
	if job.Template.Spec.Containers[0].Name == starter {
		return
	}
	codes := p.Rules[1].OnExitCodes
	if p.Rules[1].Action != batchv1.PodFailurePolicyActionFailJob || codes.Operator != batchv1.PodFailurePolicyOnExitCodesOpIn ||
		*codes.ContainerName != job.Template.Spec.Containers[0].Name || !slices.Contains(codes.Values, 2) || !slices.Contains(codes.Values, 4) {
		t.Errorf("%s: %v", name, codes)
	}
	for _, again := range []int32{1, 5, 130} {
		if slices.Contains(codes.Values, again) {
			t.Errorf("%s: exit code %d is worth another try", name, again)
		}
	}
}

// An indexed job has a pod for each share. Who starts both waits longer than they may
// take, and may do what its script does.
func TestSharesAreComplete(t *testing.T) {
	objects := folders(t)[scheduledFolder]
	jobs := of[*batchv1.CronJob](objects)
	shard, merge := jobs["sparkless-shard"].Spec.JobTemplate.Spec, jobs["sparkless-merge"].Spec.JobTemplate.Spec
	args := shard.Template.Spec.Containers[0].Args
	if *shard.CompletionMode != batchv1.IndexedCompletion || shard.BackoffLimitPerIndex == nil || *shard.Parallelism > *shard.Completions ||
		args[len(args)-2] != "--of" || args[len(args)-1] != strconv.Itoa(int(*shard.Completions)) {
		t.Errorf("%v of %d", args, *shard.Completions)
	}
	start := jobs["sparkless-nightly"].Spec.JobTemplate.Spec
	if *start.ActiveDeadlineSeconds <= *shard.ActiveDeadlineSeconds+*merge.ActiveDeadlineSeconds {
		t.Error("who waits for both gives up before they do")
	}
	volume := start.Template.Spec.Volumes[0].ConfigMap
	scripts := of[*corev1.ConfigMap](objects)[volume.Name]
	mount := start.Template.Spec.Containers[0].VolumeMounts[0]
	if scripts == nil || scripts.Data["one-day.sh"] == "" || start.Template.Spec.Containers[0].Command[1] != mount.MountPath+"/one-day.sh" {
		t.Errorf("no script for %v", start.Template.Spec.Containers[0].Command)
	}
	allowed := map[string]bool{}
	for _, rule := range of[*rbacv1.Role](objects)["sparkless-starter"].Rules {
		for _, resource := range rule.Resources {
			for _, verb := range rule.Verbs {
				allowed[verb+" "+resource] = true
			}
		}
	}
	for _, need := range []string{"get cronjobs", "create jobs", "get jobs", "list jobs", "watch jobs", "list pods", "get pods/log"} {
		if !allowed[need] {
			t.Errorf("it may not %s", need)
		}
	}
	if len(allowed) > 10 {
		t.Errorf("it may more than it needs: %v", allowed)
	}
}
