// Package tools pins the generator of this module and says how it is run. No package imports it, so that the module of
// a user does not require the generator.
package tools

//go:generate go run ./internal/generate
