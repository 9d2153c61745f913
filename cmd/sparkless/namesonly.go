package main

import (
	"fmt"
	"slices"

	"sparkless/masquerade"
)

// namesOnly refuses a command that is about the hunt for masquerading names alone where
// hunts.detect leaves that out: what runs keep of other hunts it would pass over.
func namesOnly(v *values, command string) error {
	names, err := chosen(v)
	if err != nil || slices.Contains(names, masquerade.Name) {
		return nil // whatever is wrong with the setting is said with all the others
	}
	return usageError{fmt.Errorf("%s is about the findings of the hunt %s alone, and hunts.detect (%s) leaves it out: the other hunts have `sparkless report`", command, masquerade.Name, v.origin["hunts.detect"])}
}
