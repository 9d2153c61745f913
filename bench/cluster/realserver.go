package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

// configuration is the server's, with the ports that it is to use.
//
//go:embed temporal.yaml
var configuration string

// ports are those that a server listens on.
type ports struct {
	Database                             int
	Frontend, Matching, History, Worker  int
	Frontend2, Matching2, History2, Own2 int // of membership
}

// prepareReal makes a database, the tables in it, and the configuration of the server.
func (s *server) prepareReal(ctx context.Context, tools, root string) error {
	var err error
	if s.db, err = newDatabase(ctx, root); err != nil {
		return err
	}
	for _, name := range []string{"temporal", "temporal_visibility"} {
		_, kind, _ := strings.Cut(name, "_")
		if kind == "" {
			kind = name
		}
		base := []string{filepath.Join(tools, "sql"), "--plugin", "postgres12", "--endpoint", "127.0.0.1",
			"--port", fmt.Sprint(s.db.port), "--user", superuser, "--database", name}
		for _, args := range [][]string{{"create-database"}, {"setup-schema", "--version", "0.0"}, {"update-schema", "--schema-name", "postgresql/v12/" + kind}} {
			c := command{name: "temporal-sql-tool " + args[0], argv: append(base[:len(base):len(base)], args...), env: os.Environ(), folder: root}
			if _, err := run(ctx, c); err != nil {
				return err
			}
		}
	}
	config := filepath.Join(root, "temporal.yaml")
	if err := s.configure(config); err != nil {
		return err
	}
	s.command = command{name: "Temporal's server", folder: root, env: os.Environ(),
		argv: []string{filepath.Join(tools, "server"), "--config-file", config, "--allow-no-auth", "start"}}
	return nil
}

// configure writes the server's configuration.
func (s *server) configure(file string) error {
	p := ports{Database: s.db.port}
	for _, port := range []*int{&p.Frontend, &p.Matching, &p.History, &p.Worker, &p.Frontend2, &p.Matching2, &p.History2, &p.Own2} {
		var err error
		if *port, err = freePort(); err != nil {
			return err
		}
	}
	s.address = fmt.Sprintf("127.0.0.1:%d", p.Frontend)
	t, err := template.New("").Parse(configuration)
	if err != nil {
		return err
	}
	var text strings.Builder
	if err := t.Execute(&text, p); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text.String()), 0o600)
}
