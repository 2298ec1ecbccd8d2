// Package browser holds tests only: a real Chromium goes through the pages of the sandbox as buyers and developers do.
// It is a module of its own, so that what drives the browser never reaches those who use the SDK.
//
// Without Chromium (in $CHROMIUM or on the path) or without axe-core ("npm ci" in this folder) the tests skip and say
// so; where CI=true they fail instead. The script .ci/browser installs both and runs them.
package browser
