package azure

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// StorageAudience is for whom tokens have to be that blob storage takes.
const StorageAudience = "https://storage.azure.com"

// Principal is who a token says it was given to. A field is empty where the token
// does not say; its texts have the form of what they stand for.
type Principal struct {
	// ObjectID is what roles are given to.
	ObjectID string
	// ClientID is of the application that asked: a managed identity's own, or a
	// tool's that signs users in.
	ClientID string
	// Resource is the resource ID of a managed identity.
	Resource string
	// User tells people from identities of programs.
	User bool
	// Expires is when the token does.
	Expires time.Time
}

// WhoIs gets a token for an audience and reads whom it names. The token is for the
// audience alone to judge: what it says serves messages.
// (Microsoft Learn, "Access token claims reference".)
func WhoIs(ctx context.Context, identity azcore.TokenCredential, audience string) (Principal, error) {
	token, err := identity.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{strings.TrimRight(audience, "/") + "/.default"}})
	if err != nil {
		return Principal{}, err
	}
	p := readToken(token.Token)
	p.Expires = token.ExpiresOn
	return p, nil
}

func readToken(token string) Principal {
	var claims struct {
		ObjectID string `json:"oid"`
		ClientID string `json:"appid"`
		Resource string `json:"xms_mirid"`
		Kind     string `json:"idtyp"`
		User     string `json:"upn"`
		Scopes   string `json:"scp"` // of users alone
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return Principal{}
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(text, &claims) != nil {
		return Principal{}
	}
	return Principal{
		ObjectID: ifLike(guidPattern, claims.ObjectID),
		ClientID: ifLike(guidPattern, claims.ClientID),
		Resource: ifLike(resourcePattern, claims.Resource),
		User:     claims.Kind == "user" || claims.User != "" || claims.Scopes != "",
	}
}

var (
	guidPattern     = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	resourcePattern = regexp.MustCompile(`^/[Ss]ubscriptions/[A-Za-z0-9/._()-]{1,600}$`)
)

func ifLike(pattern *regexp.Regexp, text string) string {
	if pattern.MatchString(text) {
		return text
	}
	return ""
}
