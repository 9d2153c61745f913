package cluster

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"

	"sparkless/storage/secret"
)

// What Config.TLS may be.
const (
	TLSAuto = "auto" // on if any other setting of TLS, or an API key, is there
	TLSOn   = "on"
	TLSOff  = "off"
)

// Config says where Temporal is, and for what it works.
type Config struct {
	Address    string      // temporal.address, host:port
	Namespace  string      // temporal.namespace
	APIKey     secret.Text // temporal.api-key; needs TLS
	TLS        string      // temporal.tls: TLSAuto (also ""), TLSOn or TLSOff
	CA         string      // temporal.tls-ca: a PEM file, in place of the system's authorities
	Cert, Key  string      // temporal.tls-cert, temporal.tls-key: PEM files, for mutual TLS
	ServerName string      // temporal.tls-server-name, if the certificate has another than Address

	// Queue is the task queue. Processes that share one must be of equal settings and
	// code: a history that one of them began another goes on with.
	Queue string
	// Scope and Detector are those of the job: parts of the names of its workflows.
	Scope, Detector string
	// Estate tells scopes of one name apart that share a namespace: it stands for where
	// exports and the work store are. Status tells of executions of this one alone.
	Estate string
	// Identity names this process to people: in Temporal's pages and in Status.
	Identity string
	// Logger is given what the client of Temporal has to say, and once when the server
	// is away. Without it nothing is logged.
	Logger *slog.Logger
}

// Validate names every setting that cannot work. It opens no file.
func (c Config) Validate() error {
	var errs []error
	if err := checkAddress(c.Address); err != nil {
		errs = append(errs, fmt.Errorf("temporal.address: %w", err))
	}
	if c.Namespace == "" || strings.ContainsFunc(c.Namespace, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		errs = append(errs, fmt.Errorf("temporal.namespace: %q is no name of a namespace", c.Namespace))
	}
	switch c.TLS {
	case "", TLSAuto, TLSOn:
	case TLSOff:
		errs = append(errs, c.withoutTLS()...)
	default:
		errs = append(errs, fmt.Errorf("temporal.tls: %q is none of auto, on and off", c.TLS))
	}
	if c.Cert == "" && c.Key != "" {
		errs = append(errs, errors.New("temporal.tls-key: there is no temporal.tls-cert to go with it"))
	}
	if c.Cert != "" && c.Key == "" {
		errs = append(errs, errors.New("temporal.tls-cert: there is no temporal.tls-key to go with it"))
	}
	return errors.Join(errs...)
}

// withoutTLS names the settings that TLSOff contradicts.
func (c Config) withoutTLS() (errs []error) {
	if !c.APIKey.Empty() {
		errs = append(errs, errors.New("temporal.tls: off would send temporal.api-key for everyone on the way to read"))
	}
	for _, s := range []struct{ name, value string }{
		{"temporal.tls-ca", c.CA}, {"temporal.tls-cert", c.Cert}, {"temporal.tls-key", c.Key}, {"temporal.tls-server-name", c.ServerName},
	} {
		if s.value != "" {
			errs = append(errs, fmt.Errorf("%s: temporal.tls is off", s.name))
		}
	}
	return errs
}

// encrypted reports whether the connection uses TLS.
func (c Config) encrypted() bool {
	switch c.TLS {
	case TLSOn:
		return true
	case TLSOff:
		return false
	}
	return !c.APIKey.Empty() || c.CA != "" || c.Cert != "" || c.ServerName != ""
}

// checkAddress wants host:port, and says what else it may have got.
func checkAddress(address string) error {
	if address == "" {
		return errors.New("it is not set: give host:port of Temporal's frontend")
	}
	if strings.Contains(address, "://") {
		return fmt.Errorf("%q: give host:port alone, without a scheme", address)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%q is not host:port; Temporal's port is 7233 if nobody changed it", address)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || host == "" || strings.ContainsAny(host, " /@?#") {
		return fmt.Errorf("%q is not host:port", address)
	}
	return nil
}
