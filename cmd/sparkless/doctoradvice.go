package main

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"strings"

	"sparkless/storage/azure"
)

// meet asks for a token, only to learn whose it is: a role is given to somebody.
func (x *exam) meet(ctx context.Context, audience string) {
	identity, err := x.identity()
	if err != nil || x.who.ObjectID != "" {
		return
	}
	if who, err := azure.WhoIs(ctx, identity, audience); err == nil {
		x.who = who
	}
}

// grant is the command that gives the identity a role at a scope, which is a word
// of a shell.
func (x *exam) grant(role, scope string) string {
	who := `--assignee "<client ID or object ID of the identity>"`
	switch id := x.v.text("storage.client-id"); {
	case x.who.ObjectID != "" && x.who.User:
		who = "--assignee-object-id " + x.who.ObjectID + " --assignee-principal-type User"
	case x.who.ObjectID != "":
		who = "--assignee-object-id " + x.who.ObjectID + " --assignee-principal-type ServicePrincipal"
	case id != "":
		who = "--assignee " + shellWord(id)
	}
	return fmt.Sprintf("az role assignment create --role %q %s --scope %s   # it takes up to ten minutes to work", role, who, scope)
}

// accountScope is a word of a shell for a container of the account, or for the
// account.
func (x *exam) accountScope(container string) string {
	scope := fmt.Sprintf(`$(az storage account show --name %s --query id --output tsv)`, shellWord(x.signIn.Account))
	if container != "" {
		scope += "/blobServices/default/containers/" + container // of lower-case letters, digits and hyphens
	}
	return `"` + scope + `"`
}

func privateZone(what, zone string) string {
	return fmt.Sprintf("if the %s has a private endpoint, link its private DNS zone (%s) to this network, so that the name resolves to the private address", what, zone)
}

func signInAdvice() []string {
	return []string{
		"on a laptop: az login, with an account of the tenant that the storage is in",
		"in Azure Container Apps: az containerapp job identity assign --name <job> --resource-group <group> --system-assigned; of a user-assigned identity set storage.client-id (--client-id)",
		"anywhere: AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (or AZURE_CLIENT_CERTIFICATE_PATH) of a service principal",
	}
}

// shellWord quotes a text for a shell, unless it needs no quotes.
func shellWord(text string) string {
	if regexp.MustCompile(`^[A-Za-z0-9/._:@%+,-]+$`).MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// meant is the candidate that somebody may have meant, and empty if none is near.
// Of resource IDs the last part counts, which is the workspace's name.
func meant(want string, candidates []string) string {
	byName := map[string]string{}
	var names []string
	for _, c := range candidates {
		name := strings.ToLower(path.Base(c))
		byName[name] = c
		names = append(names, name)
	}
	if near := nearest(strings.ToLower(path.Base(want)), names); len(near) > 0 {
		return byName[near[0]]
	}
	return ""
}
