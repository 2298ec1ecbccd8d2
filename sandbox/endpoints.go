package sandbox

import (
	"errors"
	"fmt"
)

// AddEndpoint adds an endpoint that receives the events of the first workspace from now on, such as a receiver that
// needs to know the sandbox before it can start. It fails when the endpoint's URL or secret is not valid.
func (s *Sandbox) AddEndpoint(e Endpoint) error {
	if err := e.check(); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	s.directory.firstKey.home.addEndpoint(e)
	return nil
}

// AddWorkspace adds a merchant to the sandbox and returns the workspace with the ids and secrets that were made up. Its
// keys work from now on. It fails when its account id or the id of one of its keys is taken, and when an endpoint of it
// is not valid.
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

// Close ends all deliveries of events, those in the middle of an attempt too. It always returns nil, and calls after
// the first do nothing. The sandbox still responds to requests, but sends no events.
func (s *Sandbox) Close() error {
	for _, w := range s.directory.all() {
		w.close()
	}
	s.deliveryClient.CloseIdleConnections()
	return nil
}

// check says which option is not valid.
func (o Options) check() error {
	if err := o.checkEndpoints(); err != nil {
		return err
	}
	return o.checkDelivery()
}

// checkEndpoints reports the first endpoint that is not valid.
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
