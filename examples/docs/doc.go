// Package docs holds the Go code of README.md and of the pages in docs/, as tests. A region between two comments,
// //docs:begin and //docs:end, is a block of a page.
package docs
