package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cast"
	"github.com/spf13/viper"

	"sparkless/storage/secret"
)

// fileSuffix, behind the environment variable of a secret, makes the one that
// names a file which holds it.
const fileSuffix = "_FILE"

// maxSecret bounds what is read of such a file. A connection string has 200 bytes.
const maxSecret = 64 << 10

// secret is a secret setting. What text makes of it shows only whether it is set.
func (v *values) secret(key string) secret.Text { return v.secrets[key] }

// readSecrets reads the secret settings: each from the environment, or the file
// that the environment names, over the settings file.
func (v *values) readSecrets(inFile *viper.Viper) error {
	var errs []error
	for _, s := range settings() {
		if !s.secret {
			continue
		}
		text, origin, err := secretFromEnvironment(envName(s.key))
		if standard := standardVariables()[s.key]; err == nil && text.Empty() && standard != "" {
			text, origin = secret.New(os.Getenv(standard)), "environment "+standard
		}
		if err == nil && text.Empty() && inFile.IsSet(s.key) {
			origin = v.file.at(s.key)
			text, err = secretFromYAML(inFile.Get(s.key))
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s (%s): %w", s.key, origin, err))
		}
		v.keep(s.key, text, origin)
	}
	return errors.Join(errs...)
}

// keep sets a secret. An empty one has no origin but the default.
func (v *values) keep(key string, text secret.Text, origin string) {
	if text.Empty() {
		origin = "default"
	}
	v.secrets[key], v.origin[key] = text, origin
	v.v.Set(key, text.String()) // goes before the environment, which viper reads on its own
}

func secretFromEnvironment(env string) (text secret.Text, origin string, err error) {
	text, file := secret.New(os.Getenv(env)), os.Getenv(env+fileSuffix)
	origin = "environment " + env
	switch {
	case file == "":
		return text, origin, nil
	case !text.Empty():
		return text, origin, fmt.Errorf("%s and %s are both set: keep one of them", env, env+fileSuffix)
	}
	text, err = secretFromFile(file)
	return text, origin + fileSuffix, err
}

// secretFromYAML never repeats a value that is no text: a part of it may be.
func secretFromYAML(value any) (secret.Text, error) {
	text, err := cast.ToStringE(value)
	if err != nil {
		return secret.Text{}, errors.New("not a text")
	}
	return secret.New(text), nil
}

// secretFromFile reads a file that holds nothing but a secret. Its errors show the
// name only of a file that is there: another may be the secret itself.
func secretFromFile(name string) (secret.Text, error) {
	none := secret.Text{}
	info, err := os.Stat(name) // before opening it: opening a pipe waits for who writes to it
	if err != nil {
		return none, fmt.Errorf("it names no file that can be found (not shown: it may be the secret itself): %w", withoutPath(err))
	}
	shown := address(name)
	if !info.Mode().IsRegular() {
		return none, fmt.Errorf("%s is not a regular file", shown)
	}
	f, err := os.Open(name)
	if err != nil {
		return none, fmt.Errorf("%s: %w", shown, withoutPath(err))
	}
	defer func() { _ = f.Close() }() // nothing was written
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return none, fmt.Errorf("%s: %w", shown, withoutPath(err))
	}
	content := strings.TrimPrefix(string(data), "\uFEFF") // which some editors write
	text := secret.New(content)
	switch {
	case len(data) > maxSecret:
		return none, fmt.Errorf("%s is larger than %d bytes: it should hold the secret alone", shown, maxSecret)
	case text.Empty():
		return none, fmt.Errorf("%s is empty", shown)
	case !utf8.ValidString(content) || strings.ContainsFunc(text.Reveal(), unicode.IsControl):
		return none, fmt.Errorf("%s is not one line of text in UTF-8", shown)
	}
	return text, nil
}

// withoutPath is what an error of the file system says beside the file's name.
func withoutPath(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// withoutSecrets takes the secrets out of what a settings file holds.
func withoutSecrets(sections map[string]any) map[string]any {
	for _, s := range settings() {
		section, name, _ := strings.Cut(s.key, ".")
		if inSection, ok := sections[section].(map[string]any); ok && s.secret {
			delete(inSection, name)
		}
	}
	return sections
}
