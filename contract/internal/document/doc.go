// Package document holds openapi.yaml, embedded by the generator.
package document
