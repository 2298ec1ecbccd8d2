// Package tests holds the module to its promises from outside: the contract between client and server, the guide that
// the SDK makes true, the generated code, the public API and its weight.
//
// The tests of the contract run against the sandbox, or against a real Plugipay when PLUGIPAY_CONTRACT_BASE_URL and the
// credentials (PLUGIPAY_KEY_ID and PLUGIPAY_SECRET, or PLUGIPAY_API_KEY) are set. Use keys of test data.
package tests
