package sandbox

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// directory holds the accounts and the keys of a sandbox. Accounts are never removed.
type directory struct {
	mu         sync.RWMutex
	workspaces []*workspace // in the order in which they were added
	accounts   map[string]*workspace
	keys       map[string]*accessKey
	firstKey   *accessKey // does not change after the sandbox was made
}

func newDirectory() *directory {
	return &directory{accounts: map[string]*workspace{}, keys: map[string]*accessKey{}}
}

// defaultWorkspace returns the workspace of a sandbox whose options have no workspaces.
func defaultWorkspace() Workspace {
	return Workspace{AccountID: TestAccountID, Name: "Sandbox Shop", Keys: []Key{{ID: TestKeyID, Secret: TestSecret}}}
}

// completed returns the workspace with a new account id, a new key and new key ids where they are missing.
func (w Workspace) completed(now time.Time) Workspace {
	if w.AccountID == "" {
		w.AccountID = newID("acc_", now)
	}
	w.Keys = slices.Clone(w.Keys)
	if len(w.Keys) == 0 {
		w.Keys = []Key{{Secret: newID("sk_test_", now)}}
	}
	for i := range w.Keys {
		if w.Keys[i].ID == "" {
			w.Keys[i].ID = newID("pk_test_", now)
		}
	}
	return w
}

// add adds a workspace with its keys. If two accounts or two keys have the same id, the first one counts.
func (d *directory) add(w *workspace, keys []Key) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, taken := d.accounts[w.accountID]; taken {
		return
	}
	d.accounts[w.accountID] = w
	d.workspaces = append(d.workspaces, w)
	for _, k := range keys {
		d.addKey(k, w)
	}
}

// addKey adds a key. The caller holds the lock.
func (d *directory) addKey(in Key, home *workspace) {
	if _, taken := d.keys[in.ID]; taken {
		return
	}
	k := &accessKey{
		id:            in.ID,
		secret:        in.Secret,
		scopes:        slices.Clone(in.Scopes),
		everyScope:    in.Scopes == nil || slices.Contains(in.Scopes, "*"),
		platformAdmin: in.PlatformAdmin,
		live:          strings.Contains(in.ID, "_live_"),
		home:          home,
	}
	d.keys[k.id] = k
	if d.firstKey == nil {
		d.firstKey = k
	}
}

// hasAny reports whether the account id or a key id of a workspace is already in use.
func (d *directory) hasAny(w Workspace) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	_, taken := d.accounts[w.AccountID]
	for _, k := range w.Keys {
		_, keyTaken := d.keys[k.ID]
		taken = taken || keyTaken
	}
	return taken
}

func (d *directory) key(id string) (*accessKey, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	k, ok := d.keys[id]
	return k, ok
}

func (d *directory) account(id string) (*workspace, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	w, ok := d.accounts[id]
	return w, ok
}

// all returns the workspaces in the order in which they were added.
func (d *directory) all() []*workspace {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.workspaces[:len(d.workspaces):len(d.workspaces)]
}

// allKeys returns the keys in no order.
func (d *directory) allKeys() []*accessKey {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return slices.Collect(maps.Values(d.keys))
}

// signingKeysOf returns the ids of the keys of a workspace that sign. The id of a dashboard key is a secret.
func (d *directory) signingKeysOf(w *workspace) []string {
	var ids []string
	for _, k := range d.allKeys() {
		if k.home == w && k.secret != "" {
			ids = append(ids, k.id)
		}
	}
	slices.Sort(ids)
	return ids
}

// secrets returns the secrets of all key pairs, and all dashboard keys.
func (d *directory) secrets() []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var secrets []string
	for _, k := range d.keys {
		if k.secret == "" {
			secrets = append(secrets, k.id)
		} else {
			secrets = append(secrets, k.secret)
		}
	}
	return secrets
}
