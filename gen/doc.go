// Package gen is the low-level client of Plugipay's checkout-session API. It is generated from openapi.yaml, except for this
// comment. Each operation has a method of [Client], which returns the *http.Response unchanged, and a function that builds
// the request.
//
// The client does not sign, retry or decode. Most programs should use package plugipay, which does all three. Use package gen
// to build something else on the contract. The function Sign of package plugipay makes the signature. Set it with a
// [RequestEditorFn].
//
// [NewClient] adds a slash to the end of the server's URL. If you call the functions that build requests, add the slash
// yourself if the URL has a path.
package gen
