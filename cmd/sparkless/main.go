// Command sparkless hunts through Azure Monitor blob exports without a Spark
// cluster: it reads a day of exported events, finds processes that masquerade,
// and publishes the findings to Log Analytics.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(40) // a fifth less memory on a large day, and no more time
	}
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole program: arguments in, results on stdout, all else on stderr,
// an exit code out.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once

	a := newApp(stdout, stderr)
	defer a.display.Close()                 // also when something panics
	context.AfterFunc(ctx, a.display.Close) // before a second Ctrl-C ends the process
	return a.execute(ctx, args)
}

// execute runs the command that the arguments ask for, and returns the exit code.
func (a *app) execute(ctx context.Context, args []string) int {
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	if completes(args) {
		setCompletion(root)
	}
	err := root.ExecuteContext(ctx)
	code := a.exit(ctx, err)
	a.ran(code, err)
	a.telemetry.Close()
	return code
}
