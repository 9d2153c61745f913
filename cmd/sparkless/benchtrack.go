package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"sparkless/job"
	"sparkless/outlier/benchmark"
	"sparkless/publish/mlflow"
	"sparkless/storage/secret"
)

// tracker logs figures on an MLflow server; nil where none is set.
type tracker struct {
	client     *mlflow.Client
	experiment string
}

// trackerOf reads the variables that MLflow's own clients read.
func trackerOf(getenv func(string) string, experiment string) (*tracker, error) {
	c := mlflow.Config{
		URI:      getenv("MLFLOW_TRACKING_URI"),
		Username: getenv("MLFLOW_TRACKING_USERNAME"),
		Password: secret.New(getenv("MLFLOW_TRACKING_PASSWORD")),
		Token:    secret.New(getenv("MLFLOW_TRACKING_TOKEN")),
	}
	if c.URI == "" {
		return nil, nil
	}
	err := c.Validate()
	if strings.TrimSpace(experiment) == "" {
		err = errors.Join(err, errors.New("--experiment has no name"))
	}
	if err != nil {
		return nil, err
	}
	return &tracker{mlflow.New(c), experiment}, nil
}

// track logs each model's figures on each file as a run. That the server does not take
// them is told like findings that are kept and not delivered: they are printed.
func (a *app) track(ctx context.Context, t *tracker, b *benchModels, r benchmark.Report) error {
	if t == nil {
		return nil
	}
	runs := runsOf(b, r)
	n, err := t.client.Log(ctx, t.experiment, runs)
	if n > 0 {
		a.log.Info("logged on the MLflow server", "experiment", t.experiment, "runs", n)
	}
	if err != nil {
		return unlogged{fmt.Errorf("%d of %d runs: %w", len(runs)-n, len(runs), err)}
	}
	return nil
}

// unlogged has the exit code of what is kept and not delivered.
type unlogged struct{ error }

func (u unlogged) Unwrap() []error { return []error{u.error, job.ErrUndelivered} }

// runsOf has a run for each model and file, with its figures on all kinds of rows.
func runsOf(b *benchModels, r benchmark.Report) []mlflow.Run {
	var runs []mlflow.Run
	at := map[[2]string]int{}
	for _, one := range r.Results {
		if one.Error != "" {
			continue
		}
		key := [2]string{one.Data, one.Model}
		i, ok := at[key]
		if !ok {
			i = len(runs)
			at[key] = i
			runs = append(runs, mlflow.Run{
				Name: path.Base(filepath.ToSlash(one.Data)) + " " + one.Model, Start: one.Began, End: one.Ended,
				Tags:    map[string]string{"sparkless.version": buildVersion()},
				Metrics: map[string]float64{},
				Params: map[string]string{
					"data": one.Data, "model": one.Model, "columns": fmt.Sprint(one.Columns), "scale": fmt.Sprint(b.options.Scale), "features": b.features,
					"seed": fmt.Sprint(b.options.Seed), "seeds": fmt.Sprint(b.options.Seeds), "contamination": fmt.Sprint(b.options.Contamination),
					"validation_share": fmt.Sprint(b.options.Validation), "test_share": fmt.Sprint(b.options.Test),
				},
			})
		}
		figures := map[string]benchmark.Figure{"auroc": one.AUROC, "auroc_hard": one.Hard, "average_precision": one.Precision, "score_seconds": one.Score}
		for name, f := range figures {
			runs[i].Metrics[one.Rows+"_"+name], runs[i].Metrics[one.Rows+"_"+name+"_sd"] = f.Mean, f.SD
		}
		runs[i].Metrics["fit_seconds"] = one.Fit.Mean
	}
	return runs
}
