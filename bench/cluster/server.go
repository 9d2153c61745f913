package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"google.golang.org/protobuf/types/known/durationpb"
)

// server is a server of Temporal with what it keeps, which outlives it.
type server struct {
	kind    string // dev or postgres
	address string
	command command
	running *process
	db      *database // nil where a file is its database
}

// kinds of servers.
const (
	devServer  = "dev"      // the development server of Temporal's command line, on SQLite
	realServer = "postgres" // the server as it is deployed, on PostgreSQL
)

// namespace is that of all scenarios.
const namespace = "default"

// newServer makes a server below root and starts it. Tools is the folder of Temporal's
// programs.
func newServer(ctx context.Context, kind, tools, root string) (*server, error) {
	s := &server{kind: kind}
	var err error
	switch kind {
	case devServer:
		err = s.prepareDev(tools, root)
	case realServer:
		err = s.prepareReal(ctx, tools, root)
	default:
		err = fmt.Errorf("-server: %q is neither %s nor %s", kind, devServer, realServer)
	}
	if err == nil {
		err = s.start(ctx)
	}
	if err == nil && kind == realServer {
		err = s.register(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *server) prepareDev(tools, root string) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	s.address = fmt.Sprintf("127.0.0.1:%d", port)
	s.command = command{name: "Temporal's development server", folder: root, env: os.Environ(),
		argv: []string{filepath.Join(tools, "temporal"), "server", "start-dev", "--headless", "--port", fmt.Sprint(port),
			"--db-filename", filepath.Join(root, "temporal.db"), "--log-level", "warn"}}
	return nil
}

// start starts the server, and returns when it answers.
func (s *server) start(ctx context.Context) error {
	var err error
	// It lives until it is closed, longer than the scenario that starts it.
	if s.running, err = start(context.WithoutCancel(ctx), s.command); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		c, err := s.dial(ctx)
		if err == nil {
			c.Close()
			return nil
		}
		if late := pause(ctx, 100*time.Millisecond); late != nil {
			return fmt.Errorf("%s does not answer: %w: %w; its last words:\n%s", s.command.name, late, err, s.running.log.tail())
		}
		select {
		case <-s.running.ended:
			return fmt.Errorf("%s has ended:\n%s", s.command.name, s.running.log.tail())
		default:
		}
	}
}

// dial connects to the server, and fails when it does not answer.
func (s *server) dial(ctx context.Context) (client.Client, error) {
	c, err := client.DialContext(ctx, client.Options{HostPort: s.address, Namespace: namespace,
		Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		return nil, err
	}
	if _, err := c.CheckHealth(ctx, nil); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// register makes the namespace, and returns when a workflow can be asked for in it.
func (s *server) register(ctx context.Context) error {
	c, err := client.NewNamespaceClient(client.Options{HostPort: s.address, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		return err
	}
	defer c.Close()
	for {
		err := c.Register(ctx, &workflowservice.RegisterNamespaceRequest{Namespace: namespace,
			WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour)})
		if _, there := errors.AsType[*serviceerror.NamespaceAlreadyExists](err); there {
			err = nil
		}
		if err == nil {
			return s.known(ctx)
		}
		if pause(ctx, 100*time.Millisecond) != nil || !passes(err) {
			return fmt.Errorf("registering the namespace: %w", err)
		}
	}
}

// passes reports whether a server that has just started answers otherwise soon.
func passes(err error) bool {
	_, away := errors.AsType[*serviceerror.Unavailable](err)
	_, slow := errors.AsType[*serviceerror.DeadlineExceeded](err)
	return away || slow
}

// known returns when all of the server knows the namespace, which takes some seconds.
func (s *server) known(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	c, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	for {
		_, err := c.DescribeWorkflowExecution(ctx, "none", "")
		if _, missing := errors.AsType[*serviceerror.NotFound](err); missing {
			return nil
		}
		if late := pause(ctx, 100*time.Millisecond); late != nil {
			return fmt.Errorf("the namespace is not known: %w: %w", late, err)
		}
	}
}

// kill ends the server at once.
func (s *server) kill(ctx context.Context) error { return s.running.kill(ctx) }

// cpu is what the server has taken so far: its present process and, where it has one,
// its database.
func (s *server) cpu() (time.Duration, error) {
	all, err := cpuOf(s.running.cmd.Process.Pid)
	if err != nil || s.db == nil {
		return all, err
	}
	more, err := s.db.cpu()
	return all + more, err
}

// close ends the server and its database.
func (s *server) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var err error
	if s.running != nil {
		select {
		case <-s.running.ended:
		default:
			err = s.running.kill(ctx)
		}
	}
	if s.db != nil {
		err = errors.Join(err, s.db.stop(ctx))
	}
	return err
}

// pause waits, or fails when ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
