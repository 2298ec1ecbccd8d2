package sandbox

import (
	"slices"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
)

// directory knows the accounts and the keys of a sandbox. It does not change once it is made.
type directory struct {
	accounts map[string]*workspace
	keys     map[string]*accessKey
	firstKey *accessKey
}

// workspace is a merchant's account with its data.
type workspace struct {
	accountID string
	name      string // empty: the account id is shown
	adapters  []adapter
	endpoints []Endpoint // that it was made with, valid or not
	test      *dataset
	live      *dataset
}

// dataset is what a workspace keeps apart for its test keys and its live keys.
type dataset struct {
	sessions *sessionStore
	answers  *keptAnswers
	cursors  cursorSeal
	reads    rateCounter
	writes   rateCounter
}

type adapter struct {
	name    string
	methods []gen.CheckoutMethod
}

// accessKey is a key as authentication needs it.
type accessKey struct {
	id            string
	secret        string // empty: a dashboard key
	scopes        []string
	everyScope    bool
	platformAdmin bool
	live          bool
	home          *workspace
}

func newDirectory(workspaces []Workspace, now time.Time) *directory {
	if len(workspaces) == 0 {
		workspaces = []Workspace{{AccountID: TestAccountID, Name: "Sandbox Shop", Keys: []Key{{ID: TestKeyID, Secret: TestSecret}}}}
	}
	d := &directory{accounts: map[string]*workspace{}, keys: map[string]*accessKey{}}
	for _, w := range workspaces {
		d.addWorkspace(w, now)
	}
	return d
}

func (d *directory) addWorkspace(in Workspace, now time.Time) {
	if in.AccountID == "" {
		in.AccountID = newID("acc_", now)
	}
	if _, taken := d.accounts[in.AccountID]; taken {
		return
	}
	w := &workspace{
		accountID: in.AccountID,
		name:      in.Name,
		adapters:  newAdapters(in.Adapters),
		endpoints: slices.Clone(in.Endpoints),
		test:      newDataset(),
		live:      newDataset(),
	}
	d.accounts[w.accountID] = w
	keys := in.Keys
	if len(keys) == 0 {
		keys = []Key{{Secret: newID("sk_test_", now)}}
	}
	for _, k := range keys {
		d.addKey(k, w, now)
	}
}

func (d *directory) addKey(in Key, home *workspace, now time.Time) {
	if in.ID == "" {
		in.ID = newID("pk_test_", now)
	}
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

func newDataset() *dataset {
	return &dataset{sessions: newSessionStore(), answers: newKeptAnswers(), cursors: newCursorSeal()}
}

func (w *workspace) dataset(live bool) *dataset {
	if live {
		return w.live
	}
	return w.test
}

func newAdapters(in []Adapter) []adapter {
	if in == nil {
		in = []Adapter{
			{Name: gen.CheckoutAdapterXendit},
			{Name: gen.CheckoutAdapterMidtrans},
			{Name: gen.CheckoutAdapterPaypal},
			{Name: gen.CheckoutAdapterManual},
		}
	}
	adapters := make([]adapter, 0, len(in))
	for _, a := range in {
		adapters = append(adapters, adapter{name: a.Name, methods: adapterMethods(a)})
	}
	return adapters
}

func adapterMethods(a Adapter) []gen.CheckoutMethod {
	if a.Methods == nil {
		return defaultMethods(a.Name)
	}
	methods := make([]gen.CheckoutMethod, 0, len(a.Methods))
	for _, m := range a.Methods {
		methods = append(methods, gen.CheckoutMethod(m))
	}
	return methods
}

func defaultMethods(name plugipay.CheckoutAdapter) []gen.CheckoutMethod {
	switch name {
	case gen.CheckoutAdapterXendit, gen.CheckoutAdapterMidtrans:
		return []gen.CheckoutMethod{
			gen.CheckoutMethodQRIS,
			gen.CheckoutMethodVA,
			gen.CheckoutMethodEwallet,
			gen.CheckoutMethodCard,
			gen.CheckoutMethodRetail,
		}
	case gen.CheckoutAdapterPaypal:
		return []gen.CheckoutMethod{gen.CheckoutMethodPaypal}
	}
	return nil
}

// cannotDo returns those of the methods that no adapter of the workspace can do. Where manual is the only adapter there
// are none: the merchant takes the money by whatever means and confirms it.
func (w *workspace) cannotDo(methods []gen.CheckoutMethod) []string {
	if len(w.adapters) > 0 && !slices.ContainsFunc(w.adapters, isNotManual) {
		return nil
	}
	var missing []string
	for _, m := range methods {
		canDo := func(a adapter) bool { return slices.Contains(a.methods, m) }
		if !slices.ContainsFunc(w.adapters, canDo) && !slices.Contains(missing, string(m)) {
			missing = append(missing, string(m))
		}
	}
	return missing
}

func isNotManual(a adapter) bool { return a.name != gen.CheckoutAdapterManual }
