// Package gen is the low-level client of Plugipay's checkout-session API. It is generated from openapi.yaml, except for this
// comment. For each operation it has a method of [Client], which returns the *http.Response as it came, and a function that
// builds the request.
//
// It does not sign, does not retry and does not decode. Most programs want the package plugipay, which does. This package is
// for programs that build something else on the contract. The function Sign of plugipay makes the signature, to be set by a
// [RequestEditorFn].
//
// [NewClient] adds a slash to the end of the server's URL. A program that calls the functions that build requests adds it
// itself if the URL has a path.
package gen
