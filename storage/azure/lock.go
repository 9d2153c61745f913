package azure

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"

	"sparkless/storage"
)

// leaseTimes says how a lease is kept.
type leaseTimes struct {
	length time.Duration // after which the service gives it to the next, in whole seconds
	margin time.Duration // how long before that the holder has to stop
	renew  time.Duration // from one renewal to the next
	again  time.Duration // from a failed renewal to the next
	answer time.Duration // how long one request may take
}

// defaultLease has the longest lease that ends by itself.
// (Microsoft Learn, "Lease Blob": 15 to 60 seconds.)
func defaultLease() leaseTimes {
	return leaseTimes{length: time.Minute, margin: 5 * time.Second, renew: 15 * time.Second, again: 2 * time.Second, answer: 10 * time.Second}
}

// lock is a lease on an empty blob.
type lock struct {
	s     *Store
	name  string
	lease *lease.BlobClient
	base  context.Context // of requests; it outlives the caller's wish, since the lock does
	given bool            // by giveUp

	held   context.Context
	cancel context.CancelCauseFunc
	end    context.CancelFunc // ends the renewals
	ended  chan struct{}      // closed when they have ended
	alarm  *time.Timer        // rings when the lease is about to run out
	rung   chan struct{}      // closed when it has rung

	losing sync.Once
	lost   error
}

// Lock implements storage.Locker with a lease on the blob name, which is made
// if it is missing and stays. It needs no more than the right to write. A
// machine that sleeps, and with it its clock, learns of a lost lock at the next
// renewal after it woke.
func (s *Store) Lock(ctx context.Context, name string) (held context.Context, unlock func() error, err error) {
	if err := checkName(name); err != nil {
		return nil, nil, err
	}
	if ctx.Err() != nil {
		return nil, nil, s.failure(ctx, "locking", name, ctx.Err())
	}
	client, err := s.claim(name)
	if err != nil {
		return nil, nil, err
	}
	l := &lock{s: s, name: name, lease: client, base: context.WithoutCancel(ctx)}
	sent, err := l.take(ctx)
	if err != nil && ctx.Err() != nil {
		l.giveUp() // who was told to stop does not try again
	}
	if err != nil {
		// After a passing failure the lease may be ours although no answer said
		// so. The next try asks for the same one, and then gets it.
		s.unclaim(name, !l.given && !storage.Permanent(err))
		return nil, nil, err
	}
	l.start(ctx, sent)
	return l.held, sync.OnceValue(l.unlock), nil
}

// claim makes name this caller's among those of the store, with the client
// whose lease ID the request has.
func (s *Store) claim(name string) (*lease.BlobClient, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.locks[name] {
		return nil, storage.ThisProcess().Locked(name)
	}
	client := s.leases[name]
	if client == nil {
		var err error
		if client, err = lease.NewBlobClient(s.client.NewBlobClient(name), nil); err != nil {
			return nil, fmt.Errorf("locking %s: %s", s.place(name), oneLine(err.Error()))
		}
	}
	s.locks[name], s.leases[name] = true, client
	return client, nil
}

// unclaim is the opposite of claim; keep has the next claim use the same lease ID.
func (s *Store) unclaim(name string, keep bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.locks, name)
	if !keep {
		delete(s.leases, name)
	}
}

// take returns when the request was sent with which the lease was taken: it
// ends no sooner than its length after that, by whatever clock.
func (l *lock) take(ctx context.Context) (sent time.Time, err error) {
	acquire := func(ctx context.Context) error {
		sent = time.Now()
		_, err := l.lease.AcquireLease(ctx, int32(l.s.times.length/time.Second), nil)
		return err
	}
	err = l.ask(ctx, acquire)
	if bloberror.HasCode(err, bloberror.BlobNotFound) {
		if err = l.ask(ctx, l.create); err == nil {
			err = l.ask(ctx, acquire)
		}
	}
	if bloberror.HasCode(err, bloberror.LeaseAlreadyPresent, bloberror.LeaseIsBreakingAndCannotBeAcquired) {
		return sent, l.holder(ctx).Locked(l.name)
	}
	if err != nil {
		return sent, l.s.failure(ctx, "locking", l.name, err)
	}
	if err = l.ask(ctx, l.sign); err != nil {
		err = l.s.failure(ctx, "locking", l.name, err)
		l.giveUp()
	}
	return sent, err
}

// giveUp releases a lease that was taken, or may be, and is not wanted. If that
// fails it ends by itself.
func (l *lock) giveUp() {
	if !l.given {
		l.given = true
		_ = l.release()
	}
}

// ask bounds a request in time.
func (l *lock) ask(ctx context.Context, request func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, l.s.times.answer)
	defer cancel()
	return request(ctx)
}

// create makes the blob, unless somebody else was quicker.
func (l *lock) create(ctx context.Context) error {
	_, err := l.s.client.NewBlockBlobClient(l.name).Upload(ctx, streaming.NopCloser(strings.NewReader("")), onlyNew())
	if thereAlready(err) {
		return nil
	}
	return err
}

// sign writes who holds the lock.
func (l *lock) sign(ctx context.Context) error {
	h := storage.ThisProcess()
	_, err := l.s.client.NewBlobClient(l.name).SetMetadata(ctx, map[string]*string{"host": &h.Host, "pid": &h.PID, "since": &h.Since},
		&blob.SetMetadataOptions{AccessConditions: &blob.AccessConditions{LeaseAccessConditions: &blob.LeaseAccessConditions{LeaseID: l.lease.LeaseID()}}})
	return err
}

// holder reads what sign has written, if it can.
func (l *lock) holder(ctx context.Context) (h storage.Holder) {
	_ = l.ask(ctx, func(ctx context.Context) error {
		p, err := l.s.client.NewBlobClient(l.name).GetProperties(ctx, nil)
		for key, value := range p.Metadata {
			if value == nil {
				continue
			}
			switch strings.ToLower(key) {
			case "host":
				h.Host = *value
			case "pid":
				h.PID = *value
			case "since":
				h.Since = *value
			}
		}
		return err
	})
	return h
}

// start begins to keep the lease that was asked for at sent.
func (l *lock) start(ctx context.Context, sent time.Time) {
	l.held, l.cancel = context.WithCancelCause(ctx)
	var life context.Context
	life, l.end = context.WithCancel(l.base)
	l.ended, l.rung = make(chan struct{}), make(chan struct{})
	l.alarm = time.AfterFunc(l.left(sent), func() {
		defer close(l.rung)
		l.lose("it could not be renewed in time")
		l.end()
	})
	go l.keep(life, sent)
}

// left is how long a lease that was asked for at sent may still be relied upon.
func (l *lock) left(sent time.Time) time.Duration {
	return l.s.times.length - l.s.times.margin - time.Since(sent)
}

// keep renews the lease until life ends or the lease is no longer ours.
func (l *lock) keep(life context.Context, sent time.Time) {
	defer close(l.ended)
	timer := time.NewTimer(l.s.times.renew - time.Since(sent))
	defer timer.Stop()
	for {
		select {
		case <-life.Done():
			return
		case <-timer.C:
		}
		now := time.Now()
		err := l.ask(life, func(ctx context.Context) error {
			_, err := l.lease.RenewLease(ctx, nil)
			return err
		})
		switch {
		case err == nil && !l.alarm.Stop():
			return // too late
		case err == nil:
			l.alarm.Reset(l.left(now))
			timer.Reset(l.s.times.renew - time.Since(now))
		case taken(err):
			l.lose("the service says that it was broken or taken")
			return
		default:
			timer.Reset(l.s.times.again)
		}
	}
}

// taken reports that the service denies that the lease is ours. Every other
// failure may pass before the lease runs out.
func taken(err error) bool {
	var refused *azcore.ResponseError
	if !errors.As(err, &refused) || refused.ErrorCode == "" {
		return false
	}
	return refused.StatusCode == http.StatusNotFound || refused.StatusCode == http.StatusConflict || refused.StatusCode == http.StatusPreconditionFailed
}

func (l *lock) lose(why string) {
	l.losing.Do(func() {
		l.lost = fmt.Errorf("lock %q: %w: %s", l.name, storage.ErrLockLost, why)
		l.cancel(l.lost)
	})
}

// unlock ends the renewals and then the lease.
func (l *lock) unlock() error {
	l.end()
	<-l.ended
	if !l.alarm.Stop() {
		<-l.rung
	}
	l.cancel(nil)
	err := l.release()
	l.s.unclaim(l.name, false)
	if l.lost != nil {
		return l.lost
	}
	return err
}

// release gives the lease back, whatever has become of the caller's context. It
// has the time of two requests without an answer.
func (l *lock) release() error {
	ctx, cancel := context.WithTimeout(l.base, 2*l.s.times.answer)
	defer cancel()
	tries := 0
	err := storage.Policy{Attempts: 4, Base: l.s.times.again / 4, Max: l.s.times.again}.Do(ctx, func() error {
		tries++
		err := l.ask(ctx, func(ctx context.Context) error {
			_, err := l.lease.ReleaseLease(ctx, nil)
			return err
		})
		switch {
		case taken(err) && tries > 1:
			return nil // by the request before, whose answer got lost
		case taken(err):
			return fmt.Errorf("unlocking %s: %w", l.s.place(l.name), storage.ErrLockLost)
		}
		return l.s.failure(l.base, "unlocking", l.name, err)
	})
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("unlocking %s: no answer in time: the lock ends by itself in a minute", l.s.place(l.name))
	}
	return err
}
