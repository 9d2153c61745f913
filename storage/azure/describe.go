package azure

import (
	"net/url"
	"strings"
	"time"

	"sparkless/storage/secret"
)

// The ways to sign in, as SignIn.Way has them.
const (
	WayEmulator  = "the emulator's public key"
	WayKey       = "account key"
	WaySignature = "shared access signature"
	WayIdentity  = "managed identity"
	WayAny       = "Azure credentials"
)

// SignIn is where a Config leads and how it signs in there, without any secret.
type SignIn struct {
	Way       string
	Service   string     // the blob service's URL, without a slash at the end
	Account   string     // the storage account's name
	Signature *Signature // of WaySignature
}

// Token reports whether an identity signs in, for which roles are looked up.
func (s SignIn) Token() bool { return s.Way == WayIdentity || s.Way == WayAny }

// SignIn says what New makes of c. It asks nobody.
func (c Config) SignIn() (SignIn, error) {
	t, err := c.resolve()
	if err != nil {
		return SignIn{}, err
	}
	s := SignIn{Service: t.service, Account: t.account}
	switch {
	case !t.sas.Empty():
		s.Way, s.Signature = WaySignature, readSignature(t.sas)
	case t.account == emulatorAccount && t.key.Reveal() == emulatorKey:
		s.Way = WayEmulator
	case !t.key.Empty():
		s.Way = WayKey
	case c.ClientID != "":
		s.Way = WayIdentity
	default:
		s.Way = WayAny
	}
	return s, nil
}

// Signature is what a shared access signature says of itself. Whether the service
// takes it is another matter.
// (Microsoft Learn, "Create an account SAS" and "Create a service SAS".)
type Signature struct {
	// Account is whether it is for the whole account; else it is for what Resource
	// says: "c" is a container, "b" a blob, "d" a directory.
	Account  bool
	Resource string
	// Permissions are its letters, such as "rl". They may stand in a stored access
	// policy instead.
	Permissions string
	Policy      bool
	// Services and Types are what an account's signature is for: "b" are blobs;
	// "s", "c" and "o" the account, its containers and what they hold.
	Services, Types string
	// Starts and Expires are the zero time where the signature does not say.
	Starts, Expires time.Time
}

func readSignature(sas secret.Text) *Signature {
	query, err := url.ParseQuery(sas.Reveal())
	if err != nil {
		return &Signature{} // New has refused it
	}
	return &Signature{
		Account:     query.Has("ss"),
		Resource:    query.Get("sr"),
		Permissions: letters(query.Get("sp")),
		Policy:      query.Get("si") != "",
		Services:    letters(query.Get("ss")),
		Types:       letters(query.Get("srt")),
		Starts:      signatureTime(query.Get("st")),
		Expires:     signatureTime(query.Get("se")),
	}
}

// letters keeps what permissions are made of: a signature that was pasted into the
// wrong place shows nothing.
func letters(text string) string {
	if len(text) > 26 || strings.Trim(text, "abcdefghijklmnopqrstuvwxyz") != "" {
		return ""
	}
	return text
}

// signatureTime reads the forms of time that signatures may have.
func signatureTime(text string) time.Time {
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04Z", time.DateOnly} {
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// Lacks returns those of the permissions that the signature says it does not give,
// none where a policy has them. A container's signature gives none to make others.
func (s *Signature) Lacks(permissions string) string {
	if s.Policy && s.Permissions == "" {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(s.Permissions, r) {
			return -1
		}
		return r
	}, permissions)
}
