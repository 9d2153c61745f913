package telemetry

import (
	"fmt"
	"slices"
	"strings"
)

// The protocols of OTEL_EXPORTER_OTLP_PROTOCOL that there are.
const (
	protocolHTTP = "http/protobuf"
	protocolGRPC = "grpc"
)

// environment reads the variables that choose exporters. All others are read by
// OpenTelemetry itself. (OpenTelemetry specification, "Environment Variable
// Specification" and "OpenTelemetry Protocol Exporter".)
type environment func(string) string

// get is a variable's value; empty is as not set, in the specification's words.
func (e environment) get(name string) string { return strings.TrimSpace(e(name)) }

// protocol returns how a signal, TRACES or METRICS, is exported, "" for not at all.
// It is where an exporter or an endpoint is named: the specification has exporters
// on everywhere, which would be a connection that nobody asked for.
func (e environment) protocol(signal string) (string, error) {
	exporter := "OTEL_" + signal + "_EXPORTER"
	named := e.get(exporter)
	switch {
	case strings.EqualFold(e.get("OTEL_SDK_DISABLED"), "true"), named == "none":
		return "", nil
	case named == "" && e.get("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && e.get("OTEL_EXPORTER_OTLP_"+signal+"_ENDPOINT") == "":
		return "", nil
	case named != "" && named != "otlp":
		return "", fmt.Errorf("%s: only otlp and none are known", exporter)
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_" + signal + "_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		switch p := e.get(name); {
		case p == "":
		case slices.Contains([]string{protocolHTTP, protocolGRPC}, p):
			return p, nil
		default:
			return "", fmt.Errorf("%s: only %s and %s are known", name, protocolHTTP, protocolGRPC)
		}
	}
	return protocolHTTP, nil
}
