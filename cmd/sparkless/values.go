package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cast"
)

// checkTypes finds values that are not of their setting's type, which viper
// would read as zero.
func (v *values) checkTypes() error {
	var errs []error
	for _, s := range settings() {
		if !s.secret { // readSecrets has looked at them
			errs = append(errs, v.checkType(s))
		}
	}
	return errors.Join(errs...)
}

func (v *values) checkType(s setting) (err error) {
	got := v.v.Get(s.key)
	switch s.value.(type) {
	case string:
		_, err = cast.ToStringE(got)
	case int:
		_, err = strconv.Atoi(fmt.Sprint(got))
	case float64:
		_, err = cast.ToFloat64E(got)
	case bool:
		_, err = cast.ToBoolE(got)
	case []string:
		_, err = cast.ToStringSliceE(got)
	}
	if err != nil {
		return fmt.Errorf("%s (%s): %s is not %s", s.key, v.origin[s.key], address(fmt.Sprint(got)), typeName(s.value))
	}
	return nil
}

// checkMisplaced refuses secrets in settings that are shown: what uses a setting
// repeats it in errors and logs. Where paths and addresses stand only what is a
// secret for certain is refused.
func (v *values) checkMisplaced() error {
	var errs []error
	for _, s := range settings() {
		shown := v.shown(s)
		if s.secret || shown != notShown {
			continue
		}
		if !isPlace(s.key) || certainly(fmt.Sprint(v.v.Get(s.key))) {
			errs = append(errs, fmt.Errorf("%s (%s): %s: storage.connection-string, storage.account-key, storage.sas, datacollector.shared-key or temporal.api-key", s.key, v.origin[s.key], shown))
		}
	}
	return errors.Join(errs...)
}

// isPlace tells the settings that may be a path, a URL or a resource ID.
func isPlace(key string) bool {
	_, name, _ := strings.Cut(key, ".")
	return slices.Contains([]string{"folder", "file", "files", "report", "summary", "endpoint", "url", "address", "audience", "workspace", "resource-id", "facts", "model", "tls-ca", "tls-cert", "tls-key"}, name)
}

// certainly tells connection strings, signatures and keys that stand alone.
func certainly(text string) bool {
	text = percentDecoded(text)
	if len(text)%4 == 0 && regexp.MustCompile(`^[A-Za-z0-9+/]{42,}={1,2}$`).MatchString(text) {
		return true
	}
	if holdsToken(text) {
		return true
	}
	text = strings.ToLower(text)
	return strings.Contains(text, "accountkey=") || strings.Contains(text, "sharedaccesskey=") || strings.Contains(text, "sig=")
}

func typeName(v any) string {
	switch v.(type) {
	case int:
		return "a whole number"
	case float64:
		return "a number"
	case bool:
		return "true or false"
	case []string:
		return "a list of texts"
	}
	return "a text"
}

// text is a setting that is a text; of a secret no more than whether it is set.
func (v *values) text(key string) string    { return v.v.GetString(key) }
func (v *values) on(key string) bool        { return v.v.GetBool(key) }
func (v *values) number(key string) float64 { return v.v.GetFloat64(key) }

// whole reads a whole number as checkTypes has checked it: in decimal digits.
func (v *values) whole(key string) int {
	n, _ := strconv.Atoi(fmt.Sprint(v.v.Get(key)))
	return n
}

// size reads a number of bytes such as 64MiB, 1GB or 65536; auto is 0.
func (v *values) size(key string) (int64, error) {
	n, err := bytesOf(v.text(key))
	if err != nil {
		err = fmt.Errorf("%s (%s): %w", key, v.origin[key], err)
	}
	return n, err
}

// bytesOf reads a number of bytes such as 64MiB, 1GB or 65536; auto is 0.
func bytesOf(text string) (int64, error) {
	if text == "auto" {
		return 0, nil
	}
	number := strings.TrimRight(text, "KMGTkmgtiBb ")
	factor, ok := map[string]int64{
		"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
		"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40,
		"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
	}[strings.ToLower(strings.TrimSpace(text[len(number):]))]
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || !ok || n < 0 || n > (1<<62)/factor {
		return 0, fmt.Errorf("%s is neither auto nor a size such as 64MiB", address(text))
	}
	return n * factor, nil
}

// days reads a number of days such as 30d, or 0.
func (v *values) days(key string) (int, error) {
	text := v.text(key)
	number, ok := strings.CutSuffix(text, "d")
	n, err := strconv.ParseUint(number, 10, 31)
	if err != nil || !ok && text != "0" {
		return 0, fmt.Errorf("%s (%s): %s is neither a number of days such as 30d nor 0", key, v.origin[key], address(text))
	}
	return int(n), nil
}

// list reads a list; in the environment commas part its texts.
func (v *values) list(key string) []string {
	if text, ok := v.v.Get(key).(string); ok {
		return strings.FieldsFunc(text, func(r rune) bool { return r == ',' })
	}
	return v.v.GetStringSlice(key)
}
