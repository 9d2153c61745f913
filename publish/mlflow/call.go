package mlflow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"sparkless/publish/ingest"
	"sparkless/storage"
	"sparkless/storage/printable"
)

// request is one call of the API.
type request struct {
	method, path string
	body         any  // nil for none
	once         bool // doing it twice does harm
}

// refusal is an answer that is none of success.
type refusal struct {
	status  int
	code    string // as the API names it
	message string
}

func (r *refusal) Error() string {
	text := fmt.Sprintf("HTTP status %d", r.status)
	if r.code != "" {
		text += " " + printable.Text(r.code)
	}
	if r.message != "" {
		text += ": " + printable.Text(r.message)
	}
	switch {
	case r.status == http.StatusUnauthorized || r.status == http.StatusForbidden:
		text += "; look at MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
	case r.code == "" && (r.status == http.StatusNotFound || r.status/100 == 3):
		text += "; is there an MLflow server at MLFLOW_TRACKING_URI?"
	}
	return text
}

// Unwrap tells a server that lets nobody in from others.
func (r *refusal) Unwrap() error {
	if r.status == http.StatusUnauthorized || r.status == http.StatusForbidden {
		return storage.ErrDenied
	}
	return nil
}

// said is the code of a refusal, or "".
func said(err error) string {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.code
	}
	return ""
}

// busy is an error that may pass. The server has not begun what it was asked for.
type busy struct{ error }

func (b busy) Unwrap() error { return b.error }

// lost is an error that may pass. What the server has done of the request is not known.
type lost struct{ error }

func (l lost) Unwrap() error { return l.error }

// firstPause is that after the first failure; it doubles.
const firstPause = time.Second

// call makes a request, again if that may help, and reads the answer into out.
func (c *Client) call(ctx context.Context, r request, out any) error {
	path := r.path
	for attempt, pause := 1, firstPause; ; attempt, pause = attempt+1, 2*pause {
		err := c.try(ctx, r, out)
		_, isBusy := errors.AsType[busy](err)
		_, isLost := errors.AsType[lost](err)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || attempt == c.c.Attempts || !isBusy && (!isLost || r.once) {
			return fmt.Errorf("%s: %w", path, err)
		}
		if b, ok := errors.AsType[*storage.Backoff](err); ok {
			pause = max(pause, b.After)
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%s: %w while waiting to try again after: %w", path, ctx.Err(), err)
		}
	}
}

// try makes a request once.
func (c *Client) try(ctx context.Context, r request, out any) error {
	ctx, cancel := context.WithTimeout(ctx, c.c.Timeout)
	defer cancel()
	var body io.Reader
	if r.body != nil {
		text, err := json.Marshal(r.body)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.c.URI+"/api/2.0/mlflow/"+r.path, body)
	if err != nil {
		return errors.New("MLFLOW_TRACKING_URI is no URL")
	}
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	switch {
	case !c.c.Token.Empty():
		req.Header.Set("Authorization", "Bearer "+c.c.Token.Reveal())
	case !c.c.Password.Empty():
		req.SetBasicAuth(c.c.Username, c.c.Password.Reveal())
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return lost{ingest.Silent(err, "MLFLOW_TRACKING_URI", c.c.Password, c.c.Token)}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK {
		return c.refused(resp, text)
	}
	if err == nil && out != nil {
		err = json.Unmarshal(text, out)
	}
	if err != nil {
		return fmt.Errorf("an answer that is none of MLflow: %w; is there an MLflow server at MLFLOW_TRACKING_URI?", err)
	}
	return nil
}

// refused is the error of an answer. Its message may repeat what it was sent.
func (c *Client) refused(resp *http.Response, text []byte) error {
	var told struct {
		Code    string `json:"error_code"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(text, &told) // that of a proxy is none of JSON
	err := error(&refusal{resp.StatusCode, told.Code, c.c.Token.Hide(c.c.Password.Hide(told.Message))})
	switch status := resp.StatusCode; {
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		return busy{ingest.Later(err, resp.Header.Get("Retry-After"), time.Now())}
	case status >= 500 || status == http.StatusRequestTimeout:
		return lost{err}
	}
	return err
}

// pairs are keys and values as the API takes them, in order, values cut to a length.
func pairs(values map[string]string, most int) []map[string]string {
	all := []map[string]string{}
	for _, key := range sorted(values) {
		all = append(all, map[string]string{"key": key, "value": cut(values[key], most)})
	}
	return all
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// cut shortens a text to so many bytes, at the end of a character.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}
