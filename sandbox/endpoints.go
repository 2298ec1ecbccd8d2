package sandbox

import (
	"fmt"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// AddEndpoint lets the events of the first workspace, from now on, go to one more endpoint, such as a receiver that
// needs to know the sandbox before it can start. It fails when the endpoint's URL or secret is not valid.
func (s *Sandbox) AddEndpoint(e Endpoint) error {
	if err := e.check(); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	s.expiries.happen() // what expired before now is not for it
	s.addEndpoint(s.directory.firstKey.home, e)
	return nil
}

// Close ends all deliveries of events, those in the middle of an attempt too. It always returns nil, and calls after
// the first do nothing. The sandbox still answers requests, but sends no events.
func (s *Sandbox) Close() error {
	s.expiries.close()
	s.dispatcher.close()
	return nil
}

// checkEndpoints tells of the first endpoint that is not valid.
func checkEndpoints(opts Options) error {
	for _, e := range opts.Endpoints {
		if err := e.check(); err != nil {
			return err
		}
	}
	for _, w := range opts.Workspaces {
		for _, e := range w.Endpoints {
			if err := e.check(); err != nil {
				return err
			}
		}
	}
	return nil
}

// addEndpoints adds the endpoints of the options that are valid.
func (s *Sandbox) addEndpoints(opts Options) {
	for _, e := range opts.Endpoints {
		if e.check() == nil {
			s.addEndpoint(s.directory.firstKey.home, e)
		}
	}
	for _, w := range s.directory.accounts {
		for _, e := range w.endpoints {
			if e.check() == nil {
				s.addEndpoint(w, e)
			}
		}
	}
}

func (s *Sandbox) addEndpoint(to *workspace, e Endpoint) {
	s.dispatcher.add(to, e)
	s.expiries.watch()
}

// connectEvents lets the dispatcher know of what happens to the sessions, and the expiries of when they expire.
func (s *Sandbox) connectEvents() {
	for _, w := range s.directory.accounts {
		for _, data := range []*dataset{w.test, w.live} {
			sessions := data.sessions
			sessions.onEvent = func(name gen.EventName, is, was gen.CheckoutSession) {
				s.dispatcher.publish(w, name, is, was)
			}
			sessions.onCreate = func(number int, expires time.Time) {
				s.expiries.add(expiry{at: expires, store: sessions, number: number})
			}
		}
	}
}
