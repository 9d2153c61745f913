// Package mlflow logs figures of models on an MLflow tracking server, by version 2.0 of
// its REST API (mlflow.org/docs, "REST API").
package mlflow

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sparkless/publish/ingest"
	"sparkless/storage/secret"
)

// ErrNotLogged is the kind of every error of a server that did not take what was to be
// logged.
var ErrNotLogged = errors.New("not logged on the MLflow server")

// Config says where a tracking server is, and what lets in.
type Config struct {
	URI      string // http or https, a host, and perhaps a path
	Username string
	Password secret.Text
	Token    secret.Text   // a bearer token, instead of name and password
	Timeout  time.Duration // of one request; 0: 20 seconds
	Attempts int           // of one request; 0: 4
	Total    time.Duration // of one Log; 0: 2 minutes
	Client   *http.Client  // nil: a new one
}

// Validate names all that is wrong. It repeats no secret.
func (c Config) Validate() error {
	u, err := url.Parse(c.URI)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return errors.New("MLFLOW_TRACKING_URI: want a server such as https://mlflow.example")
	}
	var errs []error
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		errs = append(errs, errors.New("MLFLOW_TRACKING_URI: want no user, query or fragment; name and password are for MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"))
	}
	secrets := !c.Password.Empty() || !c.Token.Empty()
	if secrets && u.Scheme == "http" && !loopback(u.Hostname()) {
		errs = append(errs, errors.New("MLFLOW_TRACKING_URI: use https where a password or token is sent (http is for a server on this machine)"))
	}
	if (c.Username == "") != c.Password.Empty() {
		errs = append(errs, errors.New("MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD go together: set both"))
	}
	if !c.Token.Empty() && !c.Password.Empty() {
		errs = append(errs, errors.New("MLFLOW_TRACKING_TOKEN and MLFLOW_TRACKING_PASSWORD are both set: keep one of them"))
	}
	return errors.Join(errs...)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Run is what is logged of one model.
type Run struct {
	Name         string
	Start, End   time.Time
	Params, Tags map[string]string
	Metrics      map[string]float64 // those that are no finite numbers are left out, which JSON cannot say
}

// Client speaks to one server. It may be used by one goroutine at a time.
type Client struct {
	c    Config
	http *http.Client
}

// New returns a client of a valid configuration.
func New(c Config) *Client {
	if c.Timeout == 0 {
		c.Timeout = 20 * time.Second
	}
	if c.Attempts == 0 {
		c.Attempts = 4
	}
	if c.Total == 0 {
		c.Total = 2 * time.Minute
	}
	c.URI = strings.TrimRight(c.URI, "/")
	return &Client{c, ingest.Client(c.Client)}
}

// Log logs runs in an experiment, which it creates if there is none, and returns how
// many it has logged. It stops at the first that it cannot, with an error of the kind
// ErrNotLogged. A run that was begun and could not be ended stays there as a running one;
// a run is begun again only where the server cannot have begun it before.
func (c *Client) Log(ctx context.Context, experiment string, runs []Run) (logged int, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.c.Total)
	defer cancel()
	id, err := c.experiment(ctx, experiment)
	for _, r := range runs {
		if err == nil {
			err = c.run(ctx, id, r)
		}
		if err != nil {
			return logged, fmt.Errorf("%w: %w", ErrNotLogged, err)
		}
		logged++
	}
	return logged, nil
}

// experiment is the ID of the experiment of that name.
func (c *Client) experiment(ctx context.Context, name string) (string, error) {
	found, err := c.find(ctx, name)
	if said(err) != "RESOURCE_DOES_NOT_EXIST" {
		return found, err
	}
	var made struct {
		ID string `json:"experiment_id"`
	}
	err = c.call(ctx, request{method: http.MethodPost, path: "experiments/create", body: map[string]any{"name": name}}, &made)
	if said(err) == "RESOURCE_ALREADY_EXISTS" { // made by another one since, or by a request whose answer was lost
		return c.find(ctx, name)
	}
	return made.ID, err
}

func (c *Client) find(ctx context.Context, name string) (string, error) {
	var found struct {
		Experiment struct {
			ID string `json:"experiment_id"`
		} `json:"experiment"`
	}
	path := "experiments/get-by-name?experiment_name=" + url.QueryEscape(name)
	err := c.call(ctx, request{method: http.MethodGet, path: path}, &found)
	return found.Experiment.ID, err
}

// run begins a run, logs what it came to, and ends it.
func (c *Client) run(ctx context.Context, experiment string, r Run) error {
	var made struct {
		Run struct {
			Info struct {
				ID string `json:"run_id"`
			} `json:"info"`
		} `json:"run"`
	}
	create := map[string]any{"experiment_id": experiment, "run_name": r.Name, "start_time": r.Start.UnixMilli(), "tags": pairs(r.Tags, maxTag)}
	if err := c.call(ctx, request{method: http.MethodPost, path: "runs/create", body: create, once: true}, &made); err != nil {
		return err
	}
	id := made.Run.Info.ID
	for _, batch := range batches(id, r) {
		if err := c.call(ctx, request{method: http.MethodPost, path: "runs/log-batch", body: batch}, nil); err != nil {
			return err
		}
	}
	end := map[string]any{"run_id": id, "status": "FINISHED", "end_time": r.End.UnixMilli()}
	return c.call(ctx, request{method: http.MethodPost, path: "runs/update", body: end}, nil)
}

// The limits of a request to log-batch, as its documentation has them: 1,000 metrics,
// 100 params. Values of params have at most 6,000 characters, those of tags 8,000.
const (
	maxMetrics = 1000
	maxParams  = 100
	maxParam   = 6000
	maxTag     = 8000
)

// batches are the bodies of the requests that log a run. The same again changes nothing.
func batches(id string, r Run) []map[string]any {
	params := pairs(r.Params, maxParam)
	var metrics []map[string]any
	for _, key := range sorted(r.Metrics) {
		if v := r.Metrics[key]; !math.IsNaN(v) && !math.IsInf(v, 0) {
			metrics = append(metrics, map[string]any{"key": key, "value": v, "timestamp": r.End.UnixMilli(), "step": 0})
		}
	}
	var all []map[string]any
	for len(params)+len(metrics) > 0 {
		p, m := min(len(params), maxParams), min(len(metrics), maxMetrics-maxParams)
		all = append(all, map[string]any{"run_id": id, "params": params[:p], "metrics": metrics[:m]})
		params, metrics = params[p:], metrics[m:]
	}
	return all
}
