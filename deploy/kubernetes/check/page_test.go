package check

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// options are the commands of kubectl and of the Azure CLI that the page and the scripts
// have, with those of their options that these need (kubernetes.io/docs/reference/kubectl,
// 1.36; Microsoft Learn, "Azure CLI reference", 2.79).
func options() map[string]string {
	return map[string]string{
		"kubectl apply":                           "-k",
		"kubectl config set-context":              "--current --namespace",
		"kubectl create":                          "--filename",
		"kubectl create job":                      "--namespace --from --dry-run --output",
		"kubectl create namespace":                "",
		"kubectl create secret generic":           "--namespace --from-file",
		"kubectl logs":                            "--namespace --follow --all-pods --tail --prefix",
		"kubectl set env":                         "--local --filename --output",
		"kubectl wait":                            "--namespace --for --timeout",
		"az aks get-credentials":                  "--name --resource-group",
		"az aks show":                             "--name --resource-group --query --output",
		"az aks update":                           "--name --resource-group --enable-oidc-issuer --enable-workload-identity",
		"az deployment group show":                "--resource-group --name --query",
		"az identity federated-credential create": "--name --identity-name --resource-group --issuer --subject --audiences",
	}
}

// calls are those of kubectl and az in a script, inside $(…) and behind pipes as well.
func calls(script string) (all []string) {
	script = strings.ReplaceAll(script, "\\\n", " ")
	script = regexp.MustCompile(`'[^']*'`).ReplaceAllString(script, "quoted")
	script = strings.NewReplacer("$(", "\n", ")", "\n", "|", "\n", ";", "\n", "until ", "\n", "if ", "\n").Replace(script)
	for line := range strings.Lines(script) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "kubectl ") || strings.HasPrefix(line, "az ") {
			all = append(all, line)
		}
	}
	return all
}

func TestCallsOnThePage(t *testing.T) {
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, name := range []string{"../indexed/one-day.sh", "../temporal/queues.sh"} {
		script, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text += string(script) + "\n"
		if !strings.Contains(string(page), strings.TrimPrefix(name, "../")) {
			t.Errorf("the page says nothing of %s", name)
		}
	}
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		text += "\n" + block[1]
	}
	seen := map[string]bool{}
	for _, call := range calls(text) {
		command := ""
		for known := range options() { // the longest that it begins with
			if strings.HasPrefix(call+" ", known+" ") && len(known) > len(command) {
				command = known
			}
		}
		if command == "" {
			t.Errorf("%s: not a command that is known here", call)
			continue
		}
		seen[command] = true
		for _, option := range regexp.MustCompile(` (-[-a-z]+)`).FindAllStringSubmatch(call, -1) {
			if !slices.Contains(strings.Fields(options()[command]), option[1]) {
				t.Errorf("%s has no %s that is known here", command, option[1])
			}
		}
	}
	for command := range options() {
		if !seen[command] {
			t.Errorf("nobody calls %s", command)
		}
	}
}

// What the page and the script beside it create and wait for is there, in the manifests.
func TestPageNamesObjects(t *testing.T) {
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("../temporal/queues.sh")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, objects := range folders(t) {
		for _, o := range objects {
			there[strings.ToLower(o.kind)+"/"+o.name] = true
		}
	}
	named := regexp.MustCompile(`--from=(cronjob/[a-z-]+)`).FindAllStringSubmatch(string(page)+string(script), -1)
	if len(named) < 4 {
		t.Errorf("%q", named)
	}
	for _, name := range named {
		if !there[name[1]] {
			t.Errorf("there is no %s", name[1])
		}
	}
}
