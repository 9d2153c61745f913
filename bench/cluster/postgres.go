package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// database is a PostgreSQL of its own, in a folder of its own.
type database struct {
	bin    string // folder of its programs, "" if they are in PATH
	folder string
	port   int
	owner  *syscall.Credential
}

// superuser is the role that initdb makes.
const superuser = "temporal"

// newDatabase makes a PostgreSQL below root and starts it.
func newDatabase(ctx context.Context, root string) (*database, error) {
	d := &database{folder: filepath.Join(root, "postgres")}
	var err error
	if d.bin, err = postgresPrograms(); err != nil {
		return nil, err
	}
	if d.owner, err = nobody(); err != nil {
		return nil, err
	}
	if d.port, err = freePort(); err != nil {
		return nil, err
	}
	if err := os.Mkdir(d.folder, 0o700); err != nil {
		return nil, err
	}
	if d.owner != nil {
		// It must be able to walk to its folder, and no more.
		if err := errors.Join(os.Chown(d.folder, int(d.owner.Uid), int(d.owner.Gid)), os.Chmod(root, 0o711)); err != nil {
			return nil, err
		}
	}
	if err := d.call(ctx, "initdb", "--username", superuser, "--auth", "trust", "--encoding", "UTF8", "--no-sync", "--pgdata", d.data()); err != nil {
		return nil, err
	}
	return d, d.start(ctx)
}

func (d *database) data() string { return filepath.Join(d.folder, "data") }

// start starts it, and returns when it takes connections.
func (d *database) start(ctx context.Context) error {
	return d.call(ctx, "pg_ctl", "start", "--wait", "--pgdata", d.data(), "--log", filepath.Join(d.folder, "log"),
		"--options", fmt.Sprintf("-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories=%s", d.port, d.folder))
}

// stop ends it as a fall of the machine would: what it has confirmed is on disk, and
// nothing is tidied up.
func (d *database) stop(ctx context.Context) error {
	return d.call(ctx, "pg_ctl", "stop", "--mode", "immediate", "--pgdata", d.data())
}

// call runs one of PostgreSQL's programs.
func (d *database) call(ctx context.Context, program string, args ...string) error {
	path := program
	if d.bin != "" {
		path = filepath.Join(d.bin, program)
	}
	// pg_ctl leaves a server behind, which keeps what it was given as output.
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = d.folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: d.owner}
	said, err := os.Create(filepath.Join(filepath.Dir(d.folder), "postgres-"+program))
	if err != nil {
		return err
	}
	defer said.Close()
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(said.Name())
		log, _ := os.ReadFile(filepath.Join(d.folder, "log")) // there is none before its start
		return fmt.Errorf("%s: %w: %s%s", program, err, text, log)
	}
	return nil
}

// postgresPrograms finds PostgreSQL: in PATH, or where Debian keeps it.
func postgresPrograms() (folder string, err error) {
	if _, err := exec.LookPath("initdb"); err == nil {
		return "", nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errors.Join(err, errors.New("there is no PostgreSQL: no initdb in PATH or /usr/lib/postgresql (apt-get install postgresql)"))
	}
	return filepath.Dir(found[len(found)-1]), nil
}

// nobody is whom PostgreSQL runs as where this program runs as root, which it refuses.
func nobody() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(err1, err2)
}

// freePort is a port that nobody listens on now. It is below those that systems give to
// connections, so that none of them takes it, and below 32768: the server's table of its
// members in PostgreSQL holds no larger one.
func freePort() (int, error) {
	var err error
	for range 100 {
		port := 10_000 + rand.IntN(20_000)
		var l net.Listener
		if l, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, err
}
