package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sparkless/job/cluster"
)

// The engines that job.engine names.
const (
	engineLocal    = "local"
	engineTemporal = "temporal"
)

// manySettings are the settings of work on many machines.
func manySettings() []setting {
	return []setting{
		{"job.engine", "engine", engineLocal, "who does the work: " + engineLocal + " is this process alone, " + engineTemporal + " is many machines, by way of a Temporal server", false},
		{"job.batch-size", "batch-size", "auto", "about how much is a task of one of many machines, like 4GiB; auto suits the day", false},

		{"temporal.address", "temporal-address", "", "host and port of the Temporal server, like temporal.internal:7233", false},
		{"temporal.namespace", "temporal-namespace", "default", "namespace of the server", false},
		{"temporal.api-key", "", "", "API key of the Temporal server", true},
		{"temporal.tls", "temporal-tls", "auto", "on, off, or auto: on with an API key, a certificate or a certificate authority", false},
		{"temporal.tls-ca", "temporal-tls-ca", "", "PEM file with the certificate authorities that vouch for the server, in place of the system's", false},
		{"temporal.tls-cert", "temporal-tls-cert", "", "PEM file with the certificate to show the server", false},
		{"temporal.tls-key", "temporal-tls-key", "", "PEM file with its private key", false},
		{"temporal.tls-server-name", "temporal-tls-server-name", "", "name that the server's certificate has to have, where it is not the host's", false},
	}
}

// engines are the values of job.engine.
func engines() []string { return []string{engineLocal, engineTemporal} }

// tlsModes are the values of temporal.tls.
func tlsModes() []string { return []string{cluster.TLSAuto, cluster.TLSOn, cluster.TLSOff} }

// standardVariables are the environment variables by which Temporal's own tools are
// set, by setting. They are read where ours are not set.
// (docs.temporal.io/references/client-environment-configuration)
func standardVariables() map[string]string {
	return map[string]string{
		"temporal.address":         "TEMPORAL_ADDRESS",
		"temporal.namespace":       "TEMPORAL_NAMESPACE",
		"temporal.api-key":         "TEMPORAL_API_KEY",
		"temporal.tls-ca":          "TEMPORAL_TLS_SERVER_CA_CERT_PATH",
		"temporal.tls-cert":        "TEMPORAL_TLS_CLIENT_CERT_PATH",
		"temporal.tls-key":         "TEMPORAL_TLS_CLIENT_KEY_PATH",
		"temporal.tls-server-name": "TEMPORAL_TLS_SERVER_NAME",
	}
}

// envNames are the environment variables of a setting; the first that is set counts.
func envNames(key string) []string {
	names := []string{envName(key)}
	if name, ok := standardVariables()[key]; ok {
		names = append(names, name)
	}
	return names
}

// usesTemporal reports whether a Temporal server has a part in what is asked for.
// Without it none of its settings is looked at.
func (v *values) usesTemporal() bool { return v.together || v.text("job.engine") == engineTemporal }

// needsTemporal reports whether a command asks a Temporal server, whatever job.engine
// says.
func needsTemporal(cmd *cobra.Command) bool {
	queue, _ := cmd.Flags().GetBool("queue") // not there: not set
	return slices.Contains([]string{"worker", "status", "cancel"}, cmd.Name()) && !queue
}

// temporalConfig is how to reach the Temporal server, as the settings say.
func temporalConfig(v *values) cluster.Config {
	return cluster.Config{
		Address: v.text("temporal.address"), Namespace: v.text("temporal.namespace"), APIKey: v.secret("temporal.api-key"),
		TLS: v.text("temporal.tls"), CA: v.text("temporal.tls-ca"), Cert: v.text("temporal.tls-cert"), Key: v.text("temporal.tls-key"),
		ServerName: v.text("temporal.tls-server-name"),
	}
}

// checkEngine finds what is wrong with job.engine, and with the settings of Temporal
// where it has a part.
func checkEngine(v *values) error {
	if name := v.text("job.engine"); !slices.Contains(engines(), name) {
		return fmt.Errorf("job.engine (%s): %s is none of %s", v.origin["job.engine"], address(name), strings.Join(engines(), ", "))
	}
	switch {
	case !v.usesTemporal():
		return nil
	case v.text("temporal.address") == "":
		return fmt.Errorf("temporal.address: it is not set: give host and port of the Temporal server, like temporal.internal:7233 (--temporal-address, %s)", strings.Join(envNames("temporal.address"), " or "))
	}
	for _, key := range []string{"temporal.address", "temporal.namespace"} {
		if address(v.text(key)) == notShown {
			return fmt.Errorf("%s (%s): %s", key, v.origin[key], notShown)
		}
	}
	return temporalConfig(v).Validate()
}
