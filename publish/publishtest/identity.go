package publishtest

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// tokenPath is where the host of a managed identity hands out tokens.
// (Microsoft Learn, "How to use managed identities for App Service", REST endpoint
// reference; Azure Container Apps has the same.)
const tokenPath = "/msi/token"

// identity remembers what was handed out; server.mu guards tokens and script.
type identity struct {
	header string // the value of X-IDENTITY-HEADER
	tokens map[string]grant
	script []Fault
}

// grant is what a token is good for.
type grant struct {
	audience string
	expires  time.Time
}

func randomText() string { return rand.Text() + rand.Text() }

// Environ are the variables by which a process in Azure Container Apps or App
// Service finds its managed identity, "NAME=value", after Start. A child process
// that has them gets tokens that the server takes.
func (l *LogsIngestion) Environ() []string {
	return []string{"IDENTITY_ENDPOINT=" + l.url + tokenPath, "IDENTITY_HEADER=" + l.identity.header}
}

// Token returns a new token for the configured audience and when it expires.
func (l *LogsIngestion) Token() (token string, expires time.Time) {
	return l.issue(l.config.Audience)
}

// ScriptTokens adds faults for the next requests for a token that are in order,
// one for each.
func (l *LogsIngestion) ScriptTokens(faults ...Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.identity.script = append(l.identity.script, faults...)
}

func (l *LogsIngestion) issue(audience string) (string, time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	token := "eyJ." + randomText() + "." + randomText()
	expires := l.config.Now().Add(l.config.TokenLife).Truncate(time.Second)
	l.identity.tokens[token] = grant{strings.TrimRight(audience, "/"), expires}
	return token, expires
}

// authorise looks for a token that was handed out and is still good.
func (l *LogsIngestion) authorise(r *http.Request) *refusal {
	l.mu.Lock()
	defer l.mu.Unlock()
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	granted, known := l.identity.tokens[token]
	switch {
	case !ok || !known:
		return refuse(401, "InvalidToken", "there is no token, or nobody has issued it")
	case !l.config.Now().Before(granted.expires):
		return refuse(401, "InvalidToken", "the token has expired")
	case granted.audience != strings.TrimRight(l.config.Audience, "/"):
		return refuse(401, "InvalidToken", "the token is for another audience")
	}
	return nil
}

// serveToken answers a request for a token.
func (l *LogsIngestion) serveToken(w http.ResponseWriter, r *http.Request) {
	resource := r.URL.Query().Get("resource")
	no := l.verifyToken(r, resource)
	if no != nil {
		reply(w, http.StatusOK, no, func(no *refusal) any {
			return map[string]any{"statusCode": no.status, "message": no.message}
		})
		return
	}
	token, expires := l.issue(resource)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	// A client that went away needs no answer.
	_ = json.NewEncoder(w).Encode(map[string]string{"access_token": token, "token_type": "Bearer",
		"resource": resource, "expires_on": strconv.FormatInt(expires.Unix(), 10)})
}

func (l *LogsIngestion) verifyToken(r *http.Request, resource string) *refusal {
	query := r.URL.Query()
	switch {
	case r.Method != http.MethodGet:
		return refuse(405, "", "use GET")
	case r.Header.Get("X-IDENTITY-HEADER") != l.identity.header:
		return refuse(401, "", "X-IDENTITY-HEADER is missing or wrong")
	case query.Get("api-version") != "2019-08-01":
		return refuse(400, "", "the api-version is missing or not supported")
	case resource == "":
		return refuse(400, "", "the resource is missing")
	case query.Get("client_id") != l.config.ClientID:
		return refuse(400, "", "no managed identity found for this client_id")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.identity.script) == 0 {
		return nil
	}
	fault := l.identity.script[0]
	l.identity.script = l.identity.script[1:]
	return fault.refusal(nil)
}
