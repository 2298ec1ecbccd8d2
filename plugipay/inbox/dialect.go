package inbox

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Dialect is a kind of database.
type Dialect int

// The databases that an [Inbox] works with.
const (
	PostgreSQL Dialect = iota + 1
	MySQL              // MariaDB, too
	SQLite
)

// String returns the dialect's name.
func (d Dialect) String() string {
	switch d {
	case PostgreSQL:
		return "PostgreSQL"
	case MySQL:
		return "MySQL"
	case SQLite:
		return "SQLite"
	}
	return "Dialect(" + strconv.Itoa(int(d)) + ")"
}

// kind is what a record is about.
type kind string

const (
	kindKey    kind = "key"    // an event or another key was handled
	kindUnpaid kind = "unpaid" // a session was handled as unpaid, or must not be any more
	kindPaid   kind = "paid"   // a session was handled as completed
)

// pruneBatch is how many records one statement removes, so that it holds few locks and not for long.
const pruneBatch = 1000

// statements are what an inbox sends to its database.
type statements struct {
	dialect Dialect
	table   string // quoted
	create  []string
	insert  string // consumer, kind, id: a row, or none if there is one
	claim   string // the same in a transaction of the caller's
	prune   string // see pruneArgs
	whole   bool   // a savepoint must prove that the transaction is whole
}

func newStatements(dialect Dialect, table string, timeout time.Duration) (statements, error) {
	schema, name, err := splitTable(table)
	if err != nil {
		return statements{}, err
	}
	switch dialect {
	case PostgreSQL:
		return postgreSQL(schema, name, timeout), nil
	case MySQL:
		return mySQL(schema, name), nil
	case SQLite:
		return sqLite(schema, name), nil
	}
	return statements{}, invalid("Options.Dialect is " + dialect.String() + ": it must be PostgreSQL, MySQL or SQLite")
}

var tableName = regexp.MustCompile(`^(?:([A-Za-z_][A-Za-z0-9_]{0,62})\.)?([A-Za-z_][A-Za-z0-9_]{0,62})$`)

// splitTable returns the schema of a table, or none, and its name.
func splitTable(table string) (schema, name string, err error) {
	parts := tableName.FindStringSubmatch(table)
	if parts == nil {
		return "", "", invalid(fmt.Sprintf("Options.Table is %.80q: it must be name or schema.name, of letters, digits and underscores", table))
	}
	return parts[1], parts[2], nil
}

// quote returns a name in its schema, if there is one.
func quote(mark, schema, name string) string {
	if schema == "" {
		return mark + name + mark
	}
	return mark + schema + mark + "." + mark + name + mark
}

func postgreSQL(schema, name string, timeout time.Duration) statements {
	table := quote(`"`, schema, name)
	// A machine that vanishes must not keep the row, so the transaction ends when it was idle for the timeout. The setting is
	// part of the insert and local to the transaction, so that it works behind a pooler that shares sessions.
	idle := max(timeout.Round(time.Millisecond), time.Millisecond).Milliseconds()
	return statements{
		dialect: PostgreSQL,
		table:   table,
		create: []string{
			"CREATE TABLE IF NOT EXISTS " + table + " (\n" +
				"  consumer varchar(64) COLLATE \"C\" NOT NULL,\n" +
				"  kind varchar(8) COLLATE \"C\" NOT NULL,\n" +
				"  id varchar(255) COLLATE \"C\" NOT NULL,\n" +
				"  recorded_at timestamptz NOT NULL,\n" +
				"  PRIMARY KEY (consumer, kind, id)\n)",
			"CREATE INDEX IF NOT EXISTS " + quote(`"`, "", name+"_recorded_at") + " ON " + table + " (consumer, kind, recorded_at)",
		},
		insert: "WITH patience AS (SELECT set_config('idle_in_transaction_session_timeout', '" + strconv.FormatInt(idle, 10) + "', true)) " +
			"INSERT INTO " + table + " (consumer, kind, id, recorded_at) " +
			"SELECT $1::text, $2::text, $3::text, clock_timestamp() FROM patience ON CONFLICT DO NOTHING",
		claim: "INSERT INTO " + table + " (consumer, kind, id, recorded_at) " +
			"VALUES ($1::text, $2::text, $3::text, clock_timestamp()) ON CONFLICT DO NOTHING",
		prune: "DELETE FROM " + table + " WHERE consumer = $1::text AND kind = $2::text AND id IN (" +
			"SELECT id FROM " + table + " WHERE consumer = $3::text AND kind = $4::text" +
			" AND recorded_at < now() - $5::bigint * interval '1 second' ORDER BY recorded_at LIMIT " + strconv.Itoa(pruneBatch) + ")",
	}
}

func mySQL(schema, name string) statements {
	table := quote("`", schema, name)
	// A plain INSERT and its error 1062: ON DUPLICATE KEY UPDATE reports a row for a duplicate if clientFoundRows is set, and
	// INSERT IGNORE cuts what is too long. Binary columns, because others take evt_A for evt_a.
	insert := "INSERT INTO " + table + " (consumer, kind, id, recorded_at) VALUES (?, ?, ?, UTC_TIMESTAMP(6))"
	return statements{
		dialect: MySQL,
		table:   table,
		create: []string{
			"CREATE TABLE IF NOT EXISTS " + table + " (\n" +
				"  consumer varbinary(64) NOT NULL,\n" +
				"  kind varbinary(8) NOT NULL,\n" +
				"  id varbinary(255) NOT NULL,\n" +
				"  recorded_at datetime(6) NOT NULL,\n" +
				"  PRIMARY KEY (consumer, kind, id),\n" +
				"  KEY recorded_at (consumer, kind, recorded_at)\n) ENGINE=InnoDB",
		},
		insert: insert,
		claim:  insert,
		prune: "DELETE FROM " + table + " WHERE consumer = ? AND kind = ?" +
			" AND recorded_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND ORDER BY recorded_at LIMIT " + strconv.Itoa(pruneBatch),
		whole: true,
	}
}

func sqLite(schema, name string) statements {
	table := quote(`"`, schema, name)
	insert := "INSERT INTO " + table + " (consumer, kind, id, recorded_at) " +
		"VALUES (?, ?, ?, CAST(strftime('%s', 'now') AS INTEGER)) ON CONFLICT DO NOTHING"
	return statements{
		dialect: SQLite,
		table:   table,
		create: []string{
			"CREATE TABLE IF NOT EXISTS " + table + " (\n" +
				"  consumer TEXT NOT NULL,\n" +
				"  kind TEXT NOT NULL,\n" +
				"  id TEXT NOT NULL,\n" +
				"  recorded_at INTEGER NOT NULL,\n" +
				"  PRIMARY KEY (consumer, kind, id)\n) WITHOUT ROWID",
			"CREATE INDEX IF NOT EXISTS " + quote(`"`, schema, name+"_recorded_at") + ` ON "` + name + `" (consumer, kind, recorded_at)`,
		},
		insert: insert,
		claim:  insert,
		prune: "DELETE FROM " + table + " WHERE consumer = ? AND kind = ? AND id IN (" +
			"SELECT id FROM " + table + " WHERE consumer = ? AND kind = ?" +
			" AND recorded_at < CAST(strftime('%s', 'now') AS INTEGER) - ? ORDER BY recorded_at LIMIT " + strconv.Itoa(pruneBatch) + ")",
	}
}

// pruneArgs returns the arguments of prune.
func (s *statements) pruneArgs(consumer string, olderThan time.Duration) []any {
	args := []any{consumer, string(kindKey)}
	if s.dialect != MySQL {
		args = append(args, args...)
	}
	return append(args, int64(olderThan/time.Second))
}

// sessions is the query of a consumer's records about some sessions. Its arguments are the consumer and their ids.
func (s *statements) sessions(count int) string {
	marks := make([]string, count+1)
	for i := range marks {
		marks[i] = "?"
		if s.dialect == PostgreSQL {
			marks[i] = "$" + strconv.Itoa(i+1) + "::text"
		}
	}
	return "SELECT kind, id FROM " + s.table + " WHERE consumer = " + marks[0] +
		" AND kind IN ('" + string(kindUnpaid) + "', '" + string(kindPaid) + "') AND id IN (" + strings.Join(marks[1:], ", ") + ")"
}

// explain names what to do about an error of one of the inbox's own statements.
func (s *statements) explain(err error) error {
	if hasSQLState(err, "42P01") || hasMySQLNumber(err, 1146) || s.dialect == SQLite && hasText(err, "no such table") {
		return fmt.Errorf("inbox: the table %s does not exist: call CreateTable, or run Schema as a migration: %w", s.table, err)
	}
	return fmt.Errorf("inbox: the table %s cannot be used: %w", s.table, err)
}

// isDuplicate reports whether the row is there already, on MySQL. The other dialects insert no row then.
func isDuplicate(err error) bool { return hasMySQLNumber(err, 1062) }

// isTransient reports whether the transaction failed because of others, and was undone.
func isTransient(err error) bool {
	return hasSQLState(err, "40001", "40P01") ||
		hasMySQLNumber(err, 1213, 1205) ||
		hasText(err, "database is locked", "database table is locked", "SQLITE_BUSY")
}

// isCreationRace reports whether another process created the same thing at the same time.
func isCreationRace(err error) bool { return hasSQLState(err, "23505", "42P07", "42710") }

// hasSQLState reports whether the error is one of PostgreSQL's. Its drivers agree on the method.
func hasSQLState(err error, states ...string) bool {
	var coded interface{ SQLState() string }
	if !errors.As(err, &coded) {
		return false
	}
	for _, state := range states {
		if coded.SQLState() == state {
			return true
		}
	}
	return false
}

// hasMySQLNumber reports whether the error is one of MySQL's, whose driver has no method for the number.
func hasMySQLNumber(err error, numbers ...int) bool {
	for _, number := range numbers {
		if anyText(err, func(text string) bool { return strings.HasPrefix(text, "Error "+strconv.Itoa(number)+" (") }) {
			return true
		}
	}
	return false
}

func hasText(err error, parts ...string) bool {
	for _, part := range parts {
		if err != nil && strings.Contains(err.Error(), part) {
			return true
		}
	}
	return false
}

// anyText reports whether the text of an error, or of one that it wraps, fits.
func anyText(err error, fits func(string) bool) bool {
	if err == nil {
		return false
	}
	if fits(err.Error()) {
		return true
	}
	switch wrapper := err.(type) {
	case interface{ Unwrap() error }:
		return anyText(wrapper.Unwrap(), fits)
	case interface{ Unwrap() []error }:
		for _, wrapped := range wrapper.Unwrap() {
			if anyText(wrapped, fits) {
				return true
			}
		}
	}
	return false
}
