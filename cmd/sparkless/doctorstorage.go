package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"sparkless/cmd/sparkless/doctor"
	"sparkless/storage"
	"sparkless/storage/azure"
)

// signsIn says what a run signs in with, and gets a token if it takes one.
func (x *exam) signsIn(ctx context.Context) doctor.Finding {
	if !fromAccount(x.v) {
		return doctor.Skip("exports come from a folder")
	}
	var err error
	if x.signIn, err = azureConfig(x.v, x.v.text("storage.container")).SignIn(); err != nil {
		return doctor.Fail(usageError{err})
	}
	how := x.signIn.Way + " (" + x.signInOrigin() + ")"
	if x.signIn.Signature != nil {
		return x.signature(how, *x.signIn.Signature)
	}
	if !x.signIn.Token() {
		return doctor.Pass("%s", how)
	}
	identity, err := x.identity()
	if err == nil {
		x.who, err = azure.WhoIs(ctx, identity, azure.StorageAudience)
	}
	if err != nil {
		if x.v.text("storage.client-id") != "" {
			return doctor.Fail(err, "check storage.client-id ("+x.v.origin["storage.client-id"]+"), and that this identity is assigned to the machine, container or job that runs this: az containerapp job identity assign --name <job> --resource-group <group> --user-assigned <resource ID of the identity>")
		}
		return doctor.Fail(err, signInAdvice()...)
	}
	text := how + ": there is a token for storage"
	if x.who.Resource != "" {
		text += " of the managed identity " + x.who.Resource
	}
	if x.who.ObjectID != "" {
		text += ", object ID " + x.who.ObjectID
	}
	return doctor.Pass("%s, until %s", text, x.who.Expires.UTC().Format("15:04 UTC"))
}

// signInOrigin is the setting that decides how to sign in, and where it is set.
func (x *exam) signInOrigin() string {
	for _, key := range []string{"storage.emulator", "storage.connection-string", "storage.account-key", "storage.sas", "storage.client-id"} {
		if x.v.any(key) {
			return key + ", " + x.v.origin[key]
		}
	}
	return "DefaultAzureCredential: environment, workload identity, managed identity, az login, the first that works"
}

// signature reads what a shared access signature says of itself.
func (x *exam) signature(how string, s azure.Signature) doctor.Finding {
	now := x.a.now()
	text := how + " for " + signatureScope(s)
	if s.Permissions != "" {
		text += ", permissions " + s.Permissions
	}
	if s.Policy {
		text += ", with a stored access policy"
	}
	if !s.Expires.IsZero() {
		text += ", expires " + s.Expires.Format(time.RFC3339)
	}
	renew := x.newSignature()
	lacks := s.Lacks("rl")
	switch {
	case !s.Expires.IsZero() && !now.Before(s.Expires):
		return doctor.Fail(denied{fmt.Errorf("%s: it has expired %s ago", text, rounded(now.Sub(s.Expires)))}, renew)
	case now.Before(s.Starts):
		return doctor.Fail(denied{fmt.Errorf("%s: it is not valid before %s", text, s.Starts.Format(time.RFC3339))}, "wait, or check this machine's clock", renew)
	case lacks != "":
		return doctor.Fail(denied{fmt.Errorf("%s: it lacks %s", text, permissionNames(lacks))}, renew)
	case s.Account && !strings.Contains(s.Services, "b"):
		return doctor.Fail(denied{fmt.Errorf("%s: it is not for blobs (ss=%s)", text, s.Services)}, renew)
	case s.Account && (!strings.Contains(s.Types, "c") || !strings.Contains(s.Types, "o")):
		return doctor.Fail(denied{fmt.Errorf("%s: it is not for containers and objects (srt=%s)", text, s.Types)}, renew)
	case !s.Expires.IsZero() && s.Expires.Sub(now) < 7*24*time.Hour:
		return doctor.Warn(fmt.Sprintf("%s, in %s", text, rounded(s.Expires.Sub(now))), renew)
	}
	return doctor.Pass("%s", text)
}

func signatureScope(s azure.Signature) string {
	switch {
	case s.Account:
		return "the account"
	case s.Resource == "c":
		return "one container"
	case s.Resource == "d":
		return "one folder"
	}
	return "one blob"
}

// newSignature makes one that does for export and work store.
func (x *exam) newSignature() string {
	return fmt.Sprintf("az storage account generate-sas --account-name %s --services b --resource-types co --permissions rlcw --https-only --expiry <a day like 2027-03-31> --output tsv   # into storage.sas", shellWord(x.signIn.Account))
}

// permissionNames are the letters of a signature in words.
func permissionNames(letters string) string {
	names := map[rune]string{'r': "read (r)", 'l': "list (l)", 'c': "create (c)", 'w': "write (w)", 'd': "delete (d)"}
	var words []string
	for _, letter := range letters {
		words = append(words, names[letter])
	}
	return strings.Join(words, ", ")
}

func rounded(d time.Duration) string {
	if d >= 48*time.Hour {
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	}
	return d.Round(time.Minute).String()
}

// denied makes storage.ErrDenied, and with it the exit code, of another error.
type denied struct{ error }

func (d denied) Unwrap() error        { return d.error }
func (d denied) Is(target error) bool { return target == storage.ErrDenied }

// reach asks the account without signing in: whatever it answers, it is there.
func (x *exam) reach(ctx context.Context) doctor.Finding {
	if !fromAccount(x.v) {
		return doctor.Skip("exports come from a folder")
	}
	var err error
	x.reached, err = doctor.Reach(ctx, x.signIn.Service, x.a.now)
	if err != nil {
		return doctor.Fail(err, x.unreachedAdvice(err)...)
	}
	if !strings.Contains(x.reached.Header.Get("Server"), "Blob") && x.reached.Header.Get("x-ms-request-id") == "" {
		return doctor.Warn(fmt.Sprintf("%v answers, and not as a blob service does (%d, server %q)", x.reached, x.reached.Status, x.reached.Header.Get("Server")),
			"check storage.account and storage.endpoint, and whether a proxy or a sign-in page of the network answers in its place")
	}
	return doctor.Pass("%v", x.reached)
}

func (x *exam) unreachedAdvice(err error) []string {
	text := err.Error()
	switch {
	case strings.HasPrefix(text, "DNS: there is no host"):
		advice := []string{"check the name in storage.account or storage.endpoint; does `az storage account show --name " + shellWord(x.signIn.Account) + "` find it?"}
		return append(advice, "a private DNS zone (privatelink.blob…) that is linked to this network and lacks the account's record gives the same answer")
	case strings.HasPrefix(text, "DNS:"):
		return []string{"no name server answers: check the network of this machine"}
	case strings.HasPrefix(text, "TLS"):
		return []string{"a proxy that looks into TLS needs its certificate known here: name a file with it in SSL_CERT_FILE"}
	}
	return []string{"check the firewall, the proxy (HTTPS_PROXY, NO_PROXY) and storage.endpoint"}
}

// Bounds of a clock's error: above the first somebody should look, above the other
// tokens and signatures are refused.
const (
	skewNoted  = 30 * time.Second
	skewBreaks = 5 * time.Minute
)

func (x *exam) clock(context.Context) doctor.Finding {
	switch skew := x.reached.Skew; {
	case !fromAccount(x.v):
		return doctor.Skip("there is no server to compare with")
	case !x.reached.Dated:
		return doctor.Skip("the server does not tell its time")
	case skew.Abs() > skewBreaks:
		return doctor.Fail(denied{fmt.Errorf("%s: tokens and signed requests are refused", clockText(skew))}, "set the clock, or have it set: timedatectl set-ntp true")
	case skew.Abs() > skewNoted:
		return doctor.Warn(clockText(skew), "have the clock set: timedatectl set-ntp true")
	default:
		return doctor.Pass("%s", clockText(skew))
	}
}

func clockText(skew time.Duration) string {
	side := "behind"
	if skew < 0 {
		side = "ahead of"
	}
	if skew.Abs() <= 2*time.Second {
		return "this machine's clock is the storage account's, to two seconds"
	}
	return fmt.Sprintf("this machine's clock is %v %s the storage account's", skew.Abs().Round(time.Second), side)
}

// accessAdvice says how to get the right that a request to the container lacked.
// Permissions are the letters that a signature needs for it.
func (x *exam) accessAdvice(ctx context.Context, err error, container, role, permissions string) []string {
	if !errors.Is(err, storage.ErrDenied) {
		return nil
	}
	code := azure.RefusalCode(err)
	var advice []string
	if code == "AuthorizationFailure" || code == "" {
		advice = x.networkAdvice(ctx)
	}
	switch {
	case x.signIn.Signature != nil:
		if lacks := x.signIn.Signature.Lacks(permissions); lacks != "" {
			advice = append(advice, "the signature lacks "+permissionNames(lacks))
		}
		advice = append(advice, x.newSignature())
	case x.signIn.Token() && code == "AuthenticationFailed", x.signIn.Token() && code == "InvalidAuthenticationInfo":
		advice = append(advice, signInAdvice()[0])
	case x.signIn.Token():
		advice = append(advice, x.grant(role, x.accountScope(container)))
	default:
		advice = append(advice, fmt.Sprintf("az storage account keys list --account-name %s   # storage.account-key, or the AccountKey of the connection string, has to be one of them", shellWord(x.signIn.Account)))
	}
	return advice
}

// networkAdvice says what to do if it is the network that the account refuses.
func (x *exam) networkAdvice(ctx context.Context) []string {
	account := shellWord(x.signIn.Account)
	zone := privateZone("account", "privatelink.blob.core.windows.net")
	switch {
	case x.reached.Proxy == "" && x.reached.Address.IsLoopback():
		return nil
	case x.reached.Private():
		return []string{fmt.Sprintf("the account was reached by a private endpoint (%v): is it this account's?", x.reached.Address)}
	case x.hasPrivateEndpoint(ctx):
		return []string{fmt.Sprintf("the account has a private endpoint, and here its name resolves to the public address %v: link the private DNS zone privatelink.blob.core.windows.net to this network", x.reached.Address)}
	}
	return []string{
		fmt.Sprintf("az storage account network-rule add --account-name %s --ip-address <the address of this machine, as the Internet sees it>   # if the account's network rules are the reason; takes a minute to work", account),
		zone,
	}
}

// hasPrivateEndpoint asks DNS for the name that an account gets with its first
// private endpoint, and has not before.
// (Microsoft Learn, "Use private endpoints for Azure Storage", DNS changes.)
func (x *exam) hasPrivateEndpoint(ctx context.Context) bool {
	u, err := url.Parse(x.signIn.Service)
	if err != nil || x.reached.Proxy != "" {
		return false
	}
	account, suffix, ok := strings.Cut(u.Hostname(), ".blob.")
	if !ok {
		return false
	}
	found, err := net.DefaultResolver.LookupHost(ctx, account+".privatelink.blob."+suffix)
	return err == nil && len(found) > 0
}
