package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
)

const (
	// maxPayload is the most bytes that one value sent to Temporal may have. The server
	// takes 2 MB; whatever nears that is data, and belongs into the work store.
	maxPayload = 64 << 10
	// maxFailure is the most bytes that the text of one failure may have.
	maxFailure = 2 << 10
)

var errPayload = errors.New("too large for Temporal, which is to see references alone")

// bounded refuses values that are too large before they are sent.
type bounded struct{ converter.DataConverter }

// newConverter writes values as JSON, which people can read in Temporal's pages.
func newConverter() converter.DataConverter {
	return bounded{converter.NewCompositeDataConverter(converter.NewNilPayloadConverter(), converter.NewJSONPayloadConverter())}
}

func (b bounded) ToPayload(value any) (*commonpb.Payload, error) {
	p, err := b.DataConverter.ToPayload(value)
	if err == nil && len(p.GetData()) > maxPayload {
		return nil, fmt.Errorf("%T of %d bytes: %w", value, len(p.GetData()), errPayload)
	}
	return p, err
}

func (b bounded) ToPayloads(values ...any) (*commonpb.Payloads, error) {
	var all commonpb.Payloads
	for _, v := range values {
		p, err := b.ToPayload(v)
		if err != nil {
			return nil, err
		}
		all.Payloads = append(all.Payloads, p)
	}
	return &all, nil
}

// boundedFailures shortens what failures say, and drops their stacks.
type boundedFailures struct{ converter.FailureConverter }

func newFailureConverter(values converter.DataConverter) converter.FailureConverter {
	return boundedFailures{temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{DataConverter: values})}
}

func (b boundedFailures) ErrorToFailure(err error) *failurepb.Failure {
	f := b.FailureConverter.ErrorToFailure(err)
	for at := f; at != nil; at = at.Cause {
		at.Message, at.StackTrace = shorten(at.Message, maxFailure), ""
	}
	return f
}

// shorten is at most limit bytes of a text, whole characters of valid UTF-8: a message of
// protobuf takes nothing else.
func shorten(text string, limit int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	const more = " …"
	if len(text) <= limit {
		return text
	}
	cut := limit - len(more)
	if cut <= 0 {
		return ""
	}
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + more
}

// shortenJSON shortens a text to at most limit bytes of JSON, which spells some
// characters with six.
func shortenJSON(text string, limit int) string {
	for most := limit; ; most = most * 3 / 4 {
		text = shorten(text, most)
		spelled, err := json.Marshal(text)
		if err != nil || len(spelled) <= limit || text == "" {
			return text
		}
	}
}
