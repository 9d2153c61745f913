package azure

import (
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/tracing"
)

// spans makes a span of each operation, with those of its requests in it: the SDK's
// client for blobs makes none of its own, and without one azcore makes none of
// requests.
type spans struct{ tracer tracing.Tracer }

// withSpans adds them to the options, if there is a provider.
func withSpans(o *policy.ClientOptions, provider tracing.Provider) {
	o.TracingProvider = provider
	if t := provider.NewTracer("sparkless/storage/azure", ""); t.Enabled() {
		o.PerCallPolicies = append(o.PerCallPolicies, spans{t})
	}
}

// Do implements policy.Policy.
func (s spans) Do(req *policy.Request) (resp *http.Response, err error) {
	ctx, end := runtime.StartSpan(req.Raw().Context(), operation(req.Raw()), s.tracer, nil)
	defer func() { end(err) }()
	return req.WithContext(ctx).Next()
}

// operation names a request to a blob service as its reference does. (Microsoft
// Learn, "Blob Storage REST API".)
func operation(r *http.Request) string {
	query := r.URL.Query()
	switch comp := query.Get("comp"); {
	case comp == "list":
		return "List Blobs"
	case comp == "lease":
		return "Lease Blob"
	case query.Get("restype") == "container" && r.Method == http.MethodPut:
		return "Create Container"
	case query.Get("restype") == "container":
		return "Get Container Properties"
	case r.Method == http.MethodGet:
		return "Get Blob"
	case r.Method == http.MethodHead:
		return "Get Blob Properties"
	case r.Method == http.MethodDelete:
		return "Delete Blob"
	case comp == "":
		return "Put Blob"
	}
	return "Blob " + r.Method
}
