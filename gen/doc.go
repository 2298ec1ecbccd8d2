// Package gen is the low-level client of Plugipay's checkout-session API: one method for each operation of openapi.yaml,
// which returns the *http.Response as it came. It is generated, all but this comment and the
// functions of request.go that the generated code calls.
//
// It signs nothing and retries nothing. Most programs want the package plugipay, which does, and which decodes answers;
// this one is for those who build something of their own on the contract. The function Sign of plugipay makes the
// signature, to be set by a [RequestEditorFn].
package gen
