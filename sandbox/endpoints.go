package sandbox

import (
	"errors"
	"fmt"
)

// AddEndpoint adds an endpoint that receives the events of the first workspace from now on. Use it for a receiver that needs the
// sandbox's address before it can start. It fails if the endpoint's URL or secret is not valid.
func (s *Sandbox) AddEndpoint(e Endpoint) error {
	if err := e.check(); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	s.directory.firstKey.home.addEndpoint(e)
	return nil
}

// AddWorkspace adds a merchant to the sandbox and returns its workspace with the generated ids and secrets. Its keys work from now
// on. It fails if the account id or the id of a key is already in use, or if an endpoint is not valid.
func (s *Sandbox) AddWorkspace(w Workspace) (Workspace, error) {
	for _, e := range w.Endpoints {
		if err := e.check(); err != nil {
			return Workspace{}, fmt.Errorf("sandbox: %w", err)
		}
	}
	w = w.completed(s.clock.now())
	if s.directory.hasAny(w) {
		return Workspace{}, errors.New("sandbox: the account id or the id of a key is taken")
	}
	s.directory.add(s.newWorkspace(w), w.Keys)
	s.redactor.Store(newRedactor(s.directory.secrets()))
	return w, nil
}

// Close ends all deliveries of events, including attempts in progress. It always returns nil, and later calls do nothing. The
// sandbox still responds to requests, but sends no events.
func (s *Sandbox) Close() error {
	for _, w := range s.directory.all() {
		w.close()
	}
	s.deliveryClient.CloseIdleConnections()
	return nil
}

// check refuses invalid options.
func (o Options) check() error {
	if err := o.checkEndpoints(); err != nil {
		return err
	}
	return o.checkDelivery()
}

// checkEndpoints refuses the first invalid endpoint.
func (o Options) checkEndpoints() error {
	for _, e := range o.Endpoints {
		if err := e.check(); err != nil {
			return err
		}
	}
	for _, w := range o.Workspaces {
		for _, e := range w.Endpoints {
			if err := e.check(); err != nil {
				return err
			}
		}
	}
	return nil
}
