package main

import (
	"context"

	"sparkless/job/cluster"
	"sparkless/masquerade"
)

// post is where those meet who carry out one of the hunts: a task queue of its own.
type post struct {
	hunt, queue string
	server      server
	runs        []cluster.Status // once it was looked at
	workers     []cluster.Poller
}

// posts connects to the server for each of the hunts, in their order, until end is called.
func (a *app) posts(ctx context.Context, v *values, h *hunt) (all []post, end func(), err error) {
	if h.masquerades {
		s, queue, err := a.reach(ctx, v, &h.Config, masquerade.Name)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, post{hunt: masquerade.Name, queue: queue, server: s})
	}
	for _, p := range h.pursuits {
		s, queue, err := p.reach(ctx, v)
		if err != nil {
			hangUp(all)
			return nil, nil, err
		}
		all = append(all, post{hunt: p.name(), queue: queue, server: s})
	}
	return all, func() { hangUp(all) }, nil
}

func hangUp(all []post) {
	for _, p := range all {
		p.server.Close()
	}
}

// look asks how far the runs of the hunt are, and who works for its queue.
func (p *post) look(ctx context.Context, f cluster.Filter) (err error) {
	if p.runs, err = p.server.Status(ctx, f); err == nil {
		p.workers, err = p.server.Pollers(ctx)
	}
	return err
}
