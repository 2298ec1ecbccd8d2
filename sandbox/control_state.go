package sandbox

import (
	"net/http"
	"time"
)

// A control route with a keyId applies only to the workspace of the key, so that users of one sandbox do not disturb each other.
// Without a keyId it applies to all workspaces. The keyId may be in the query or in the body.

const keyIDParameter = "keyId"

// keyIDOf returns the key id in a request.
func keyIDOf(r *http.Request, inBody string) string {
	if inBody != "" {
		return inBody
	}
	return r.URL.Query().Get(keyIDParameter)
}

// selected returns the workspaces that a key id selects, and the account id if it selects one workspace.
func (s *Sandbox) selected(keyID string) ([]*workspace, string, error) {
	if keyID == "" {
		return s.directory.all(), "", nil
	}
	key, err := s.keyNamed(keyID)
	if err != nil {
		return nil, "", err
	}
	return []*workspace{key.home}, key.home.accountID, nil
}

// keyNamed returns the key with the id, or the first key of the sandbox if the id is empty.
func (s *Sandbox) keyNamed(keyID string) (*accessKey, error) {
	if keyID == "" {
		return s.directory.firstKey, nil
	}
	key, ok := s.directory.key(keyID)
	if !ok {
		return nil, invalid(keyIDParameter, "is not the id of a key of the sandbox")
	}
	return key, nil
}

func (s *Sandbox) controlHealth(*http.Request, []byte) (int, any, error) {
	return http.StatusOK, map[string]string{"status": "ok", "now": formatTime(s.clock.now())}, nil
}

func (s *Sandbox) controlShowClock(r *http.Request, _ []byte) (int, any, error) {
	return s.clockData(keyIDOf(r, ""))
}

func (s *Sandbox) controlClock(r *http.Request, body []byte) (int, any, error) {
	var in struct {
		AdvanceSec *int64 `json:"advanceSec"`
		KeyID      string `json:"keyId"`
	}
	if err := decodeControl(body, &in); err != nil {
		return 0, nil, err
	}
	if in.AdvanceSec == nil {
		return 0, nil, invalid("advanceSec", "is required")
	}
	if err := checkSpan("advanceSec", *in.AdvanceSec); err != nil {
		return 0, nil, err
	}
	keyID := keyIDOf(r, in.KeyID)
	workspaces, account, err := s.selected(keyID)
	if err != nil {
		return 0, nil, err
	}
	d := time.Duration(*in.AdvanceSec) * time.Second
	if account == "" {
		s.Advance(d)
	} else {
		workspaces[0].clock.advance(d)
		workspaces[0].clockMoved()
	}
	return s.clockData(keyID)
}

// clockData returns the time of a workspace's clock, or of the sandbox's clock.
func (s *Sandbox) clockData(keyID string) (int, any, error) {
	workspaces, account, err := s.selected(keyID)
	if err != nil {
		return 0, nil, err
	}
	now := s.clock.now()
	if account != "" {
		now = workspaces[0].clock.now()
	}
	return http.StatusOK, map[string]string{"now": formatTime(now)}, nil
}

func (s *Sandbox) controlReset(r *http.Request, body []byte) (int, any, error) {
	var in struct {
		KeyID string `json:"keyId"`
	}
	if err := decodeOptional(body, &in); err != nil {
		return 0, nil, err
	}
	workspaces, account, err := s.selected(keyIDOf(r, in.KeyID))
	if err != nil {
		return 0, nil, err
	}
	if account == "" {
		s.Reset()
	} else {
		s.resetWorkspace(workspaces[0])
	}
	return http.StatusNoContent, nil, nil
}
