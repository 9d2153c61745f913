package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sparkless/cmd/sparkless/doctor"
	"sparkless/storage"
	"sparkless/storage/printable"
)

// temporalTime bounds the check. A run is more patient: the server may be starting.
const temporalTime = 5 * time.Second

// temporal reaches the Temporal server, and tells who works for the settings' queues. It
// starts nothing there.
func (x *exam) temporal(ctx context.Context) doctor.Finding {
	if !x.v.usesTemporal() {
		return doctor.Skip("job.engine is local: no server is asked")
	}
	h := x.draft.hunt
	scope, err := h.scope(ctx, x.v)
	if err == nil {
		h.Scope = scope
		h.detector = x.a.newDetector(&h)
		h.Detector = h.detector
		err = x.a.pursuits(x.v, &h)
	}
	if err == nil {
		err = x.a.findLayout(ctx, x.v, &h)
	}
	if err != nil {
		return doctor.Fail(err)
	}
	ctx, cancel := context.WithTimeout(ctx, temporalTime)
	defer cancel()
	posts, end, err := x.a.posts(ctx, x.v, &h)
	if err != nil {
		return doctor.Fail(err, temporalAdvice(err)...)
	}
	defer end()
	var queues []string
	for _, p := range posts {
		if p.workers, err = p.server.Pollers(ctx); err != nil {
			return doctor.Fail(err, temporalAdvice(err)...)
		}
		queues = append(queues, fmt.Sprintf("of the queue %s %s", p.queue, p.who()))
	}
	return doctor.Pass("%s, namespace %s; %s", address(x.v.text("temporal.address")), address(x.v.text("temporal.namespace")), strings.Join(queues, "; "))
}

// who works at the post, for people.
func (p post) who() string {
	if len(p.workers) == 0 {
		return "nobody works now"
	}
	var names []string
	for _, one := range p.workers[:min(len(p.workers), most)] {
		names = append(names, printable.Text(one.Identity))
	}
	return fmt.Sprintf("%s: %s", count(len(p.workers), "worker"), strings.Join(names, ", "))
}

// temporalAdvice is what to do about a server that cannot be reached, or refuses.
func temporalAdvice(err error) []string {
	if errors.Is(err, storage.ErrDenied) {
		return []string{"make an API key, or a certificate, that may use the namespace: temporal.api-key, or temporal.tls-cert and temporal.tls-key"}
	}
	return []string{
		"is it the address of the frontend service, with its gRPC port, as in temporal.internal:7233?",
		"does the server want TLS (temporal.tls on), or a certificate authority of its own (temporal.tls-ca)?",
		"temporal operator namespace list --address <temporal.address>   # the namespace has to be there",
	}
}
