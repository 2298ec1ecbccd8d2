package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/plugipay/inbox"
)

func TestNew_RefusesOptionsByName(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite", ":memory:")
	require(t, err)
	defer func() { _ = db.Close() }()
	valid := inbox.Options{Consumer: "orders", Dialect: inbox.SQLite}
	for name, test := range map[string]struct {
		db     *sql.DB
		change func(*inbox.Options)
	}{
		"*sql.DB":          {nil, func(*inbox.Options) {}},
		"Options.Consumer": {db, func(o *inbox.Options) { o.Consumer = "" }},
		"Options.Dialect":  {db, func(o *inbox.Options) { o.Dialect = 0 }},
		"Options.Table":    {db, func(o *inbox.Options) { o.Table = `inbox"; DROP TABLE orders; --` }},
		"Options.Timeout":  {db, func(o *inbox.Options) { o.Timeout = -1 }},
	} {
		opts := valid
		test.change(&opts)
		in, err := inbox.New(test.db, opts)
		if in != nil || !errors.Is(err, plugipay.ErrInvalidRequest) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: inbox %v, error %v", name, in, err)
		}
	}
	for _, consumer := range []string{strings.Repeat("c", 65), "or ders", "orders\n", "bestellungé"} {
		if _, err := inbox.New(db, inbox.Options{Consumer: consumer, Dialect: inbox.SQLite}); !errors.Is(err, plugipay.ErrInvalidRequest) {
			t.Errorf("the consumer %q: error %v", consumer, err)
		}
	}
	for _, table := range []string{"a.b.c", "1a", "a-b", ".a", "a.", "a b", "a`b", strings.Repeat("a", 64)} {
		if _, err := inbox.New(db, inbox.Options{Consumer: "c", Dialect: inbox.SQLite, Table: table}); !errors.Is(err, plugipay.ErrInvalidRequest) {
			t.Errorf("the table %q: error %v", table, err)
		}
	}
}

// TestNew_TableIsQuoted checks that a table's name may be a reserved word, with and without a schema.
func TestNew_TableIsQuoted(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		schema := map[inbox.Dialect]string{inbox.PostgreSQL: "public", inbox.MySQL: "shop", inbox.SQLite: "main"}[s.server.Kind.Dialect]
		for _, table := range []string{"Select_" + s.table, schema + ".Order_" + s.table} {
			in := s.inbox(t, s.db, inbox.Options{Table: table})
			require(t, in.CreateTable(t.Context()))
			for _, want := range []bool{true, false} {
				if ran, err := in.Once(t.Context(), "evt_1", s.ship("evt_1")); ran != want || err != nil {
					t.Errorf("%s: Once ran: %t, error %v", table, ran, err)
				}
			}
		}
	})
}

func TestCreateTable_ByEightAtOnce(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		for round := range 5 {
			opts := inbox.Options{Table: fmt.Sprint("race_", s.table, "_", round)}
			var inboxes []*inbox.Inbox
			for range 8 { // with a pool each, like eight processes
				inboxes = append(inboxes, s.inbox(t, s.open(t, s.server.Port), opts))
			}
			atOnce(8, func(n int) {
				if err := inboxes[n].CreateTable(t.Context()); err != nil {
					t.Error(err)
				}
			})
			if ran, err := inboxes[0].Once(t.Context(), "evt_1", s.ship("evt_1")); !ran || err != nil {
				t.Errorf("Once ran: %t, error %v", ran, err)
			}
		}
	})
}

// TestSchema_CreatesTheTable runs the statements one by one, twice, like migrations. CreateTable must accept the table.
func TestSchema_CreatesTheTable(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		in := s.inbox(t, s.db, inbox.Options{Table: "migrated_" + s.table})
		for range 2 {
			for statement := range strings.SplitSeq(strings.TrimSpace(in.Schema()), ";\n") {
				s.exec(t, strings.TrimSuffix(statement, ";"))
			}
		}
		require(t, in.CreateTable(t.Context()))
		if ran, err := in.Once(t.Context(), "evt_1", s.ship("evt_1")); !ran || err != nil {
			t.Errorf("Once ran: %t, error %v", ran, err)
		}
	})
}

// TestClaim_JoinsTheCallersTransaction checks that the record exists after the caller commits, and that Claim and Once share
// their keys.
func TestClaim_JoinsTheCallersTransaction(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		claim := func(key string, end func(*sql.Tx) error) bool {
			tx, err := s.db.BeginTx(t.Context(), nil)
			require(t, err)
			defer func() { _ = tx.Rollback() }()
			first, err := s.Claim(t.Context(), tx, key)
			require(t, err)
			if first {
				require(t, s.ship(key)(t.Context(), tx))
			}
			require(t, end(tx))
			return first
		}
		for n, test := range []struct {
			end  func(*sql.Tx) error
			want bool
		}{{(*sql.Tx).Rollback, true}, {(*sql.Tx).Commit, true}, {(*sql.Tx).Commit, false}} {
			if first := claim("evt_1", test.end); first != test.want {
				t.Errorf("claim %d is the first: %t, want %t", n, first, test.want)
			}
		}
		s.wantOnce(t, "evt_1", false)
		s.wantShipped(t, "evt_1", 1)
		s.wantOnce(t, "evt_2", true)
		if claim("evt_2", (*sql.Tx).Commit) {
			t.Error("Claim does not find the record of Once")
		}
	})
}

// TestClaim_RefusesNil checks a nil transaction, and a nil function for Once.
func TestClaim_RefusesNil(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		if _, err := s.Claim(t.Context(), nil, "evt_1"); !errors.Is(err, plugipay.ErrInvalidRequest) {
			t.Errorf("error is %v", err)
		}
		if _, err := s.Once(t.Context(), "evt_1", nil); !errors.Is(err, plugipay.ErrInvalidRequest) {
			t.Errorf("the error of Once is %v", err)
		}
	})
}

// TestPrune_RemovesOldKeysOfItsConsumerOnly has more records than one batch. Prune never removes records of sessions.
func TestPrune_RemovesOldKeysOfItsConsumerOnly(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		s.wantOnce(t, "evt_old", true)
		sessions := s.Sessions(func(ctx context.Context, tx *sql.Tx, session *plugipay.CheckoutSession) error { return nil })
		if _, err := sessions.Ended(t.Context(), &plugipay.CheckoutSession{ID: "cs_1", Status: plugipay.CheckoutSessionStatusCompleted}); err != nil {
			t.Fatal(err)
		}
		other := s.inbox(t, s.db, inbox.Options{Consumer: "mail"})
		if _, err := other.Once(t.Context(), "evt_old", s.ship("mail")); err != nil {
			t.Fatal(err)
		}
		s.addKeys(t, 2499)
		s.makeOlder(t, 48*time.Hour)
		s.wantOnce(t, "evt_new", true)

		for _, test := range []struct {
			olderThan time.Duration
			want      int64
		}{{72 * time.Hour, 0}, {24 * time.Hour, 2500}, {24 * time.Hour, 0}} {
			if removed, err := s.Prune(t.Context(), test.olderThan); removed != test.want || err != nil {
				t.Errorf("Prune of %s removed %d, error %v, want %d", test.olderThan, removed, err, test.want)
			}
		}
		s.wantOnce(t, "evt_new", false)
		s.wantOnce(t, "evt_old", true) // handled again, so programs must keep records longer than Plugipay repeats deliveries
		if ran, err := other.Once(t.Context(), "evt_old", s.ship("mail")); ran || err != nil {
			t.Errorf("the record of another consumer was removed: Once ran: %t, error %v", ran, err)
		}
		for _, status := range []string{plugipay.CheckoutSessionStatusCompleted, plugipay.CheckoutSessionStatusExpired} {
			if ran, err := sessions.Ended(t.Context(), &plugipay.CheckoutSession{ID: "cs_1", Status: status}); ran || err != nil {
				t.Errorf("the record of a session was removed: Ended with %s ran: %t, error %v", status, ran, err)
			}
		}
	})
}

// addKeys adds records of keys, in one transaction.
func (s *shop) addKeys(t *testing.T, n int) {
	t.Helper()
	tx, err := s.db.BeginTx(t.Context(), nil)
	require(t, err)
	for i := range n {
		_, err := s.Claim(t.Context(), tx, fmt.Sprint("key_", i))
		require(t, err)
	}
	require(t, tx.Commit())
}

// makeOlder sets the time of all records back.
func (s *shop) makeOlder(t *testing.T, by time.Duration) {
	t.Helper()
	seconds := int(by / time.Second)
	s.exec(t, "UPDATE "+s.table+" SET recorded_at = "+map[inbox.Dialect]string{
		inbox.PostgreSQL: fmt.Sprintf("recorded_at - interval '%d seconds'", seconds),
		inbox.MySQL:      fmt.Sprintf("recorded_at - INTERVAL %d SECOND", seconds),
		inbox.SQLite:     fmt.Sprintf("recorded_at - %d", seconds),
	}[s.server.Kind.Dialect])
}

func TestPrune_RefusesLessThanAnHour(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		for _, age := range []time.Duration{time.Hour - 1, 0, -time.Hour} {
			if _, err := s.Prune(t.Context(), age); !errors.Is(err, plugipay.ErrInvalidRequest) {
				t.Errorf("Prune of %s: error %v", age, err)
			}
		}
	})
}

// TestClaim_LeavesTheCallersSettings checks the settings of the caller's transaction. It also checks that the error names
// CreateTable if the table is missing.
func TestClaim_LeavesTheCallersSettings(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		tx, err := s.db.BeginTx(t.Context(), nil)
		require(t, err)
		defer func() { _ = tx.Rollback() }()
		if _, err := s.Claim(t.Context(), tx, "evt_1"); err != nil {
			t.Fatal(err)
		}
		if s.server.Kind.Dialect == inbox.PostgreSQL {
			var idle string
			require(t, tx.QueryRowContext(t.Context(), "SHOW idle_in_transaction_session_timeout").Scan(&idle))
			if idle != "0" {
				t.Errorf("the setting of the caller's transaction is %s, want 0", idle)
			}
		}
		missing := s.inbox(t, s.db, inbox.Options{Table: "missing_" + s.table})
		if _, err := missing.Claim(t.Context(), tx, "evt_1"); err == nil || !strings.Contains(err.Error(), "CreateTable") {
			t.Errorf("error is %v", err)
		}
	})
}
