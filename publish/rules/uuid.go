package rules

import (
	"strings"

	"github.com/google/uuid"
)

// ours is the name space of IDs that are made of findings' own: random, chosen once.
const ours = "6a7f1c0e-5b0d-4b8e-9c39-2f8de6a1c57d"

// uuidOf is a name-based UUID of version 5 (RFC 9562) of texts in a name space.
func uuidOf(space string, texts ...string) string {
	return uuid.NewSHA1(uuid.MustParse(space), []byte(strings.Join(texts, "\x00"))).String()
}
