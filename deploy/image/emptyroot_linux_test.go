package image

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// enterVariable names the folder that becomes the root of the process which has it. It
// is gone before the program starts.
const enterVariable = "SPARKLESS_TEST_ROOT"

// needed says what to do where a machine has neither. The tests fail there: what they
// show is shown nowhere else.
const needed = "this needs root, or namespaces for users: a container has to be started with --cap-add SYS_ADMIN; " +
	"on a machine see the sysctls user.max_user_namespaces and kernel.apparmor_restrict_unprivileged_userns"

func TestMain(m *testing.M) {
	if root := os.Getenv(enterVariable); root != "" {
		fmt.Fprintf(os.Stderr, "entering the empty root: %v: %s\n", enter(root, os.Args[1:]), needed)
		os.Exit(125)
	}
	os.Exit(m.Run())
}

// inRoot is a program as a container engine starts it: process 1 of namespaces of its
// own, with folder as a root that nobody can write to, as a user without a name and
// without any capability, with env and nothing else. Unlike in an engine nothing is
// mounted, no /proc, no /etc/resolv.conf. The network is this machine's.
type inRoot struct {
	folder string
	env    []string
}

// process is one that was started there.
type process struct {
	*exec.Cmd
	stdout, stderr strings.Builder // to be read when it has ended
}

// start starts a program in the root. It is killed when ctx ends. Root can do so itself;
// others, and a root without the right to mount, by a user namespace.
func (r inRoot) start(ctx context.Context, args ...string) (*process, error) {
	var errs []error
	for _, userNamespace := range []bool{false, true} {
		if os.Geteuid() != 0 && !userNamespace {
			continue
		}
		p := &process{Cmd: exec.CommandContext(ctx, "/proc/self/exe", args...)}
		cmd := p.Cmd
		cmd.Env = append(slices.Clone(r.env), enterVariable+"="+r.folder)
		cmd.Stdout, cmd.Stderr = &p.stdout, &p.stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS}
		if userNamespace {
			cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
			cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: userID, HostID: os.Geteuid(), Size: 1}}
			cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: userID, HostID: os.Getegid(), Size: 1}}
			cmd.SysProcAttr.AmbientCaps = []uintptr{unix.CAP_SYS_ADMIN} // to mount; given up in enter
		}
		err := cmd.Start()
		if err == nil {
			return p, nil
		}
		errs = append(errs, err)
	}
	return nil, fmt.Errorf("%w: %s", errors.Join(errs...), needed)
}

// enter makes root the root of this process, gives up all rights and becomes the
// program. It returns only if that does not work.
func enter(root string, args []string) error {
	runtime.LockOSThread() // rights are a thread's
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"keeping mounts apart", func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") }},
		{"binding the root", func() error { return unix.Mount(root, root, "", unix.MS_BIND, "") }},
		{"making it read-only", func() error {
			return unix.Mount("", root, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV, "")
		}},
		{"changing to it", func() error { return os.Chdir(root) }},
		{"changing the root", func() error { return unix.PivotRoot(".", ".") }}, // the old one lies over the new one
		{"leaving the old root", func() error { return unix.Unmount(".", unix.MNT_DETACH) }},
		{"changing to /", func() error { return os.Chdir("/") }},
		{"becoming nobody", becomeNobody},
		{"starting", func() error {
			env := slices.DeleteFunc(os.Environ(), func(pair string) bool { return strings.HasPrefix(pair, enterVariable+"=") })
			return unix.Exec(args[0], args, env)
		}},
	} {
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

// becomeNobody gives up user, groups and capabilities for good.
func becomeNobody() error {
	if os.Geteuid() == 0 {
		if err := errors.Join(syscall.Setgroups(nil), syscall.Setgid(userID), syscall.Setuid(userID)); err != nil {
			return err
		}
	}
	return errors.Join(unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
}
