// Package plainclient is what oapi-codegen makes of the contract when it is left alone.
package plainclient
