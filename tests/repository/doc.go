// Package repository checks the repository itself: the generated code, the recorded API, what programs link, the
// documentation, the version and the workflows.
package repository
