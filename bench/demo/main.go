// Command demo shows the whole way with real servers on this machine: Azurite
// holds the sample day as append blobs, the job reads them with the Azure SDK,
// and two servers that check requests as the Data Collector API and the Logs
// Ingestion API do print the records as they arrive. Then it runs the job a second
// time: nothing is read, nothing is sent.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"time"

	"sparkless/bench/sample"
	"sparkless/bench/scene"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := demo(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func demo(ctx context.Context) (err error) {
	binary := flag.String("sparkless", "bin/sparkless", "the binary to run")
	flag.Parse()

	fmt.Println("== starting Azurite, a Data Collector server and a Logs Ingestion server")
	storage, err := scene.Open(ctx)
	if err != nil {
		return err
	}
	defer storage.Close()
	var arrived arrivals
	d, err := arrived.start()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()

	cfg := sample.Default()
	cfg.Day = time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -1)
	fmt.Printf("== uploading the sample day %s to %s as append blobs\n", cfg.Day.Format(time.DateOnly), storage.Endpoint())
	if err := upload(ctx, storage, cfg); err != nil {
		return err
	}
	env := slices.Concat(os.Environ(), d.Env(), []string{
		"SPARKLESS_STORAGE_CONNECTION_STRING=" + scene.ConnectionString(storage.Endpoint()),
		"SPARKLESS_LOG_FORMAT=text",
	})
	for _, title := range []string{"the hunt", "the same again: nothing to read, nothing to send"} {
		fmt.Printf("\n== %s\n", title)
		collected, ingested := arrived.collected.Load(), arrived.ingested.Load()
		if err := hunt(ctx, *binary, env, cfg.Day); err != nil {
			return err
		}
		fmt.Printf("-- records that arrived: %d by the Data Collector API, %d by the Logs Ingestion API\n",
			arrived.collected.Load()-collected, arrived.ingested.Load()-ingested)
	}
	return nil
}

// upload writes the day as Azure Monitor does: append blobs, in several blocks.
func upload(ctx context.Context, storage *scene.Storage, cfg sample.Config) error {
	export, err := storage.Container(ctx, scene.Export)
	if err != nil {
		return err
	}
	_, err = sample.Generate(cfg, func(name string, data []byte) error {
		return scene.Append(ctx, export, name, data)
	})
	return err
}

func hunt(ctx context.Context, binary string, env []string, day time.Time) error {
	cmd := exec.CommandContext(ctx, binary, "run", "--day", day.Format(time.DateOnly))
	cmd.Env = env
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}
