// Package tests checks the module from outside: the contract between client and server, the code of the guide, and
// orders on a hostile network.
//
// The tests of the contract run against the sandbox, or against a real Plugipay when PLUGIPAY_CONTRACT_BASE_URL and the
// credentials (PLUGIPAY_KEY_ID and PLUGIPAY_SECRET, or PLUGIPAY_API_KEY) are set. Use test keys.
package tests
