package publishtest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

var (
	logType  = regexp.MustCompile(`^[A-Za-z0-9_]{1,100}$`)
	property = regexp.MustCompile(`^[A-Za-z0-9_]{1,45}$`)
)

// member is one name and value of a JSON object.
type member struct {
	name  string
	value json.RawMessage
}

// verify checks everything about a request but the content of its body, of which
// it needs the number of bytes received.
func (d *DataCollector) verify(r *http.Request, size int) *refusal {
	if r.Method != http.MethodPost || r.URL.Path != "/api/logs" {
		return refuse(404, "NotFound", "the URL is wrong")
	}
	if size > maxPost {
		return refuse(404, "NotFound", "the request is too large")
	}
	checks := []struct {
		bad  bool
		code string
	}{
		{!r.URL.Query().Has("api-version"), "MissingApiVersion"},
		{r.URL.Query().Get("api-version") != "2016-04-01", "InvalidApiVersion"},
		{r.Header.Get("Content-Type") == "", "MissingContentType"},
		{r.Header.Get("Content-Type") != "application/json", "UnsupportedContentType"},
		{r.Header.Get("Log-Type") == "", "MissingLogType"},
		{!logType.MatchString(r.Header.Get("Log-Type")), "InvalidLogType"},
	}
	for _, c := range checks {
		if c.bad {
			return refuse(400, c.code, "see the documentation of the request")
		}
	}
	return d.authorise(r, size)
}

// authorise recomputes the signature over the bytes received.
func (d *DataCollector) authorise(r *http.Request, size int) *refusal {
	denied := func(message string) *refusal { return refuse(403, "InvalidAuthorization", message) }
	date := r.Header.Get("x-ms-date")
	at, err := time.Parse(http.TimeFormat, date)
	if err != nil {
		return denied("x-ms-date is missing or not in RFC 1123 form with GMT")
	}
	if d.config.Now().Sub(at).Abs() > 15*time.Minute {
		return denied("x-ms-date is more than 15 minutes from the time of the service")
	}
	credentials, ok := strings.CutPrefix(r.Header.Get("Authorization"), "SharedKey ")
	id, signed, ok2 := strings.Cut(credentials, ":")
	if !ok || !ok2 {
		return denied("Authorization is not SharedKey <workspace ID>:<signature>")
	}
	if !dashedGUID.MatchString(id) {
		return refuse(400, "InvalidCustomerId", "the workspace ID is no GUID")
	}
	mac := hmac.New(sha256.New, d.key)
	fmt.Fprintf(mac, "POST\n%d\napplication/json\nx-ms-date:%s\n/api/logs", size, date)
	got, err := base64.StdEncoding.DecodeString(signed)
	if err != nil || !strings.EqualFold(id, d.config.WorkspaceID) || !hmac.Equal(got, mac.Sum(nil)) {
		return denied("the workspace ID or the signature is wrong")
	}
	return nil
}

// parse reads a JSON array of objects and checks the names in them.
func parse(body []byte) ([][]member, *refusal) {
	all, err := objects(body)
	if err != nil {
		return nil, refuse(400, "InvalidDataFormat", err.Error())
	}
	for i, object := range all {
		for _, m := range object {
			if !property.MatchString(m.name) {
				return nil, refuse(400, "InvalidDataFormat", fmt.Sprintf("record %d: property name %q", i, m.name))
			}
			if slices.Contains([]string{"tenant", "timegenerated", "rawdata"}, strings.ToLower(m.name)) {
				return nil, refuse(400, "InvalidDataFormat", fmt.Sprintf("record %d: %s is reserved", i, m.name))
			}
		}
	}
	return all, nil
}

// objects reads a JSON array of objects in UTF-8.
func objects(body []byte) ([][]member, error) {
	var raw []json.RawMessage
	if !utf8.Valid(body) || json.Unmarshal(body, &raw) != nil || len(raw) == 0 {
		return nil, errors.New("the body is not a JSON array of objects")
	}
	all := make([][]member, len(raw))
	for i, object := range raw {
		var err error
		if all[i], err = members(object); err != nil {
			return nil, fmt.Errorf("record %d: %w", i, err)
		}
	}
	return all, nil
}

// members reads one object in order. A name that occurs twice is refused: what
// the service makes of it is not documented.
func members(object json.RawMessage) ([]member, error) {
	dec := json.NewDecoder(bytes.NewReader(object))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("it is not an object")
	}
	var out []member
	for {
		t, err := dec.Token()
		if err != nil || t == json.Delim('}') {
			return out, ignoreEOF(err)
		}
		m := member{name: t.(string)}
		if err := dec.Decode(&m.value); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(o member) bool { return o.name == m.name }) {
			return nil, fmt.Errorf("property %q occurs twice", m.name)
		}
		out = append(out, m)
	}
}

func ignoreEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}
