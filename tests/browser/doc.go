// Package browser contains only tests. They use the pages of the sandbox in a real Chromium, like buyers and developers
// do. The package is a separate module, so the SDK does not depend on the browser driver.
//
// The tests need Chromium (in $CHROMIUM or on the path) and axe-core ("npm ci" in this folder). Without them the tests
// are skipped with a message. If CI=true, they fail instead. The script .ci/browser installs both and runs the tests.
package browser
