package sandbox

import "fmt"

// AddEndpoint lets the events of the first workspace, from now on, go to one more endpoint, such as a receiver that
// needs to know the sandbox before it can start. It fails when the endpoint's URL or secret is not valid.
func (s *Sandbox) AddEndpoint(e Endpoint) error {
	if err := e.check(); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	s.directory.firstKey.home.addEndpoint(e)
	return nil
}

// Close ends all deliveries of events, those in the middle of an attempt too. It always returns nil, and calls after
// the first do nothing. The sandbox still answers requests, but sends no events.
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
