//go:build unix

package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jmoiron/sqlx"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/plugipay/inbox"
)

// markPaidSqlx marks an order as paid in a transaction of sqlx.
func markPaidSqlx(ctx context.Context, db *sqlx.DB, events *inbox.Inbox, key, orderID string) error {
	//docs:begin sqlx
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	first, err := events.Claim(ctx, tx, key)
	if err != nil || !first {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE orders SET state = 'paid' WHERE id = $1`, orderID); err != nil {
		return err
	}
	return tx.Commit()
	//docs:end
}

// Order is a row of the table orders.
type Order struct{ ID, State string }

// markPaidGorm marks an order as paid in a transaction of gorm.
func markPaidGorm(ctx context.Context, db *gorm.DB, events *inbox.Inbox, key, orderID string) error {
	//docs:begin gorm
	return db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		first, err := events.Claim(ctx, tx.Statement.ConnPool, key)
		if err != nil || !first {
			return err
		}
		return tx.Model(&Order{}).Where("id = ?", orderID).Update("state", "paid").Error
	})
	//docs:end
}

//docs:begin pgx

// pgxTx is a pgx.Tx for Claim.
type pgxTx struct{ pgx.Tx }

func (t pgxTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	tag, err := t.Exec(ctx, query, args...)
	return driver.RowsAffected(tag.RowsAffected()), err
}

func markPaidPgx(ctx context.Context, pool *pgxpool.Pool, events *inbox.Inbox, key, orderID string) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		first, err := events.Claim(ctx, pgxTx{tx}, key)
		if err != nil || !first {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE orders SET state = 'paid' WHERE id = $1`, orderID)
		return err
	})
}

//docs:end

// markWithGorm handles a session with gorm, in the inbox's transaction.
func markWithGorm(db *gorm.DB) func(ctx context.Context, tx *sql.Tx, session *plugipay.CheckoutSession) error {
	//docs:begin gorm-tx
	return func(ctx context.Context, tx *sql.Tx, session *plugipay.CheckoutSession) error {
		orders := db.Session(&gorm.Session{NewDB: true, Context: ctx})
		orders.Statement.ConnPool = tx
		return orders.Exec(`UPDATE orders SET state = ? WHERE id = (SELECT order_id FROM sessions WHERE id = ?)`,
			session.Status, session.ID).Error
	}
	//docs:end
}

// prune removes the records that are older than 30 days.
func prune(ctx context.Context, events *inbox.Inbox) error {
	//docs:begin prune
	removed, err := events.Prune(ctx, 30*24*time.Hour)
	//docs:end
	_ = removed
	return err
}

func TestPages_ClaimInTransactionsOfLibraries(t *testing.T) {
	url := startPostgreSQL(t)
	db, err := sqlx.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	withGorm, err := gorm.Open(postgres.New(postgres.Config{Conn: db.DB}), &gorm.Config{})
	if err != nil {
		t.Fatal(err)
	}
	db.MustExec(ordersSchema)
	db.MustExec(`INSERT INTO orders VALUES ('sqlx', 'open', 1, 'IDR', '', ''), ('gorm', 'open', 1, 'IDR', '', ''), ('pgx', 'open', 1, 'IDR', '', '')`)
	events, err := inbox.New(db.DB, inbox.Options{Consumer: "orders", Dialect: inbox.PostgreSQL})
	if err != nil {
		t.Fatal(err)
	}
	if err := events.CreateTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	for library, mark := range map[string]func() error{
		"sqlx": func() error { return markPaidSqlx(t.Context(), db, events, "sqlx", "sqlx") },
		"gorm": func() error { return markPaidGorm(t.Context(), withGorm, events, "gorm", "gorm") },
		"pgx":  func() error { return markPaidPgx(t.Context(), pool, events, "pgx", "pgx") },
	} {
		for _, want := range []string{"paid", "shipped"} { // the second call finds the record and does not change the order
			if err := mark(); err != nil {
				t.Fatal(library, err)
			}
			var state string
			if err := db.Get(&state, `SELECT state FROM orders WHERE id = $1`, library); err != nil || state != want {
				t.Errorf("%s: the order is %q, want %q: %v", library, state, want, err)
			}
			db.MustExec(`UPDATE orders SET state = 'shipped' WHERE id = $1`, library)
		}
	}

	db.MustExec(`INSERT INTO sessions VALUES ('cs_1', 'gorm')`)
	session := &plugipay.CheckoutSession{ID: "cs_1", Status: plugipay.CheckoutSessionStatusExpired}
	if ran, err := events.Sessions(markWithGorm(withGorm)).Ended(t.Context(), session); !ran || err != nil {
		t.Error(ran, err)
	}
	var state string
	if err := db.Get(&state, `SELECT state FROM orders WHERE id = 'gorm'`); err != nil || state != "expired" {
		t.Errorf("with gorm in the inbox's transaction the order is %q: %v", state, err)
	}
	if err := prune(t.Context(), events); err != nil {
		t.Error(err)
	}
}
