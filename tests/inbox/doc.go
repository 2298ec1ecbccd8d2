// Package inbox tests package plugipay/inbox against real databases: SQLite, PostgreSQL and MariaDB. The tests start the
// servers themselves, on free ports. Tests of a server that is not installed are skipped,
// but not in CI.
//
// It is a separate module, so that the drivers of the databases do not become dependencies of the SDK.
package inbox
