package contractchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// breaches lists edits of openapi.yaml that break a rule. They cover each rule of redocly.yaml, and the linter's own rules
// that must stay on. An edit replaces the first match of the regular expression from with to.
// from may have flags such as (?s).
var breaches = []struct{ rule, from, to string }{
	{"rule/openapi-version", `openapi: 3.1.0`, `openapi: 3.1.1`},
	{"rule/servers", `http://127.0.0.1:4010\n`, "http://127.0.0.1:4011\n"},
	{"rule/security-schemes", `    BearerKey:\n`, "    Basic: { type: http, scheme: basic }\n    BearerKey:\n"},
	{"rule/paths", `  /api/v1/checkout-sessions/{id}/cancel:`, `  /api/v1/checkout-sessions/{id}/end:`},
	{"rule/events", `  checkout_session.expired:`, `  checkout_session.gone:`},
	{"contract/events-are-named", `        - checkout_session.expired\n`, "        - checkout_session.gone\n"},
	{"contract/events-are-named", `  checkout_session.expired:`, `  checkout_session.gone:`},

	{"rule/property-description", `          description: The session's id, cs_ and a ULID.\n          examples`, `          examples`},
	{"rule/property-description", `description: The name that the buyer sees.`, `description: ''`},
	{"rule/property-example", `          examples: \[Annual Pro plan\]\n`, ``},
	{"rule/property-example", `          examples: \[\{ order_id: ord_42 \}\]\n`, ``},
	{"contract/null-is-described", `It is null for a guest\.`, `It may be missing.`},
	{"contract/null-is-described", `The name that the buyer sees\.`, `The name, which may be null.`},
	{"contract/null-is-described", `It is null until the session is routed\.`, ``},
	{"contract/null-is-described", `any JSON, null included`, `any JSON`},
	{"contract/null-is-described", `description: The session\.\n        error`, "description: The session or null.\n        error"},
	{"rule/body-example", `          example: \{\}\n`, ``},
	{"rule/body-example", `(?s)            examples:\n              versioned.*?(      responses)`, `$1`},
	{"rule/parameter-example", `          example: completed\n`, ``},
	{"parameter-description", `          description: The status that the listed sessions have\.\n`, ``},
	{"rule/response-description", `description: The session\.\n          headers`, "description: ''\n          headers"},
	{"contract/error-codes-have-examples", `code: rate_limited`, `code: conflict`},
	{"no-invalid-schema-examples", `examples: \[19900000\]`, `examples: [a lot]`},
	{"no-invalid-media-type-examples", `currency: USD`, `currency: XXX`},
	{"no-invalid-parameter-examples", `example: 100`, `example: 101`},

	{"rule/statuses", `        '502': \{ \$ref: '#/components/responses/UpstreamError' \}\n`, ``},
	{"rule/statuses", `        '502': `, `        '418': `},
	{"rule/statuses-of-a-write", `        '409': \{ \$ref: '#/components/responses/IdempotencyMismatch' \}\n`, ``},
	{"rule/statuses-of-an-id", `        '404': \{ \$ref: '#/components/responses/NotFound' \}\n`, ``},
	{"rule/rate-limit-headers", `            X-RateLimit-Reset: \{ \$ref: '#/components/headers/X-RateLimit-Reset' \}\n`, ``},
	{"rule/rate-limit-headers", `(?s)(    NotFound:\n      description: The workspace has no such session.\n)      headers:\n.*?(      content)`, `$1$2`},
	{"rule/retry-after-header", `        Retry-After: \{ \$ref: '#/components/headers/Retry-After' \}\n`, ``},
	{"rule/headers-of-a-key-that-is-not-known", `(timestamp is too far off\.\n)`, "$1      headers: { Retry-After: { $$ref: '#/components/headers/Retry-After' } }\n"},

	{"rule/header-parameters", `name: X-Plugipay-Signature`, `name: Plugipay-Signature`},
	{"rule/header-parameters", `(name: Idempotency-Key\n      in: header\n)      required: true\n`, `$1`},
	{"rule/header-parameters", `(name: X-Plugipay-Timestamp\n      in: header\n)`, "$1      required: true\n"},
	{"rule/headers-of-each-request", `      - \$ref: '#/components/parameters/Timestamp'\n`, ``},
	{"rule/idempotency-key-of-a-write", `        - \$ref: '#/components/parameters/IdempotencyKey'\n`, "        - $$ref: '#/components/parameters/OptionalIdempotencyKey'\n"},
	{"rule/idempotency-key-of-a-write", `      parameters:\n        - \$ref: '#/components/parameters/IdempotencyKey'\n`, ``},
	{"rule/idempotency-key-of-confirm", `        - \$ref: '#/components/parameters/OptionalIdempotencyKey'\n`, "        - $$ref: '#/components/parameters/IdempotencyKey'\n"},
	{"rule/idempotency-key-of-a-read", `(      parameters:\n)(        - name: limit)`, "$1        - $$ref: '#/components/parameters/OptionalIdempotencyKey'\n$2"},
	{"rule/event-signature", `        - \$ref: '#/components/parameters/WebhookSignature'\n`, "        - $$ref: '#/components/parameters/Timestamp'\n"},

	{"rule/known-limits", `required: \[amount, currency, `, `required: [amount, `},
	{"rule/known-limits", `(format: int64\n)          minimum: 1\n(          x-order: 1\n)`, `$1$2`},
	{"rule/known-limits", `default: 86400`, `default: 3600`},
	{"rule/known-limits", `required: \[id, type, accountId, occurredAt, data\]`, `required: [id, type, data]`},
	{"rule/known-limits", `required: \[id, type, createdAt, workspaceId, data\]`, `required: [id, type, data]`},
	{"rule/known-methods", `enum: \[qris, `, `enum: [`},
	{"rule/known-statuses", `enum: \[open, pending, pending_review, completed, failed`, `enum: [open, pending, pending_review, completed`},
	{"rule/known-adapters", `enum: \[xendit, midtrans, paypal, manual\]`, `enum: [xendit, paypal, manual]`},
	{"rule/known-currencies", `enum: \[IDR, USD\]`, `enum: [IDR, EUR]`},
	{"rule/known-filters", `maximum: 100\n            default: 50`, "maximum: 200\n            default: 50"},
	{"rule/known-filters", `name: customerId`, `name: customer`},
}

// TestDocument_EachRuleFindsItsBreach makes a copy of openapi.yaml for each breach and runs the linter once on all copies.
func TestDocument_EachRuleFindsItsBreach(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(repository, "openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	files := []string{filepath.Join(root(t), "openapi.yaml")}
	folder := t.TempDir()
	for i, b := range breaches {
		place := regexp.MustCompile(b.from).FindStringIndex(string(text))
		if place == nil {
			t.Fatalf("%s: openapi.yaml does not contain %q", b.rule, b.from)
		}
		found := string(text[place[0]:place[1]])
		broken := string(text[:place[0]]) + regexp.MustCompile(b.from).ReplaceAllString(found, b.to) + string(text[place[1]:])
		file := filepath.Join(folder, string(rune('a'+i/26))+string(rune('a'+i%26))+".yaml")
		if err := os.WriteFile(file, []byte(broken), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	found := lint(t, files)
	if problems := found["openapi.yaml"]; len(problems) > 0 {
		t.Errorf("openapi.yaml breaks the rules %q", problems)
	}
	for i, b := range breaches {
		if problems := found[filepath.Base(files[i+1])]; !slices.Contains(problems, b.rule) {
			t.Errorf("%s does not find %q instead of %q; the rules found are %q", b.rule, b.to, b.from, problems)
		}
	}
}

func TestDocument_EachRuleHasABreach(t *testing.T) {
	t.Parallel()
	config, err := os.ReadFile(filepath.Join(repository, "redocly.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	rules := regexp.MustCompile(`(?m)^  ((?:rule|contract)/[a-z-]+|[a-z-]+): *`).FindAllStringSubmatch(string(config), -1)
	if len(rules) < 30 {
		t.Errorf("redocly.yaml has %d rules, want at least 30", len(rules))
	}
	for _, rule := range rules {
		if !slices.ContainsFunc(breaches, func(b struct{ rule, from, to string }) bool { return b.rule == rule[1] }) {
			t.Errorf("%s has no breach: add one to breaches", rule[1])
		}
	}
}

// lint returns the rules that each file breaks, by the file's name.
func lint(t *testing.T, files []string) map[string][]string {
	t.Helper()
	if _, err := exec.LookPath("npx"); err != nil && os.Getenv("CI") == "" {
		t.Skip("needs Node.js")
	}
	cmd := exec.CommandContext(t.Context(), ".ci/openapi", append([]string{"--format=json", "--max-problems=10000"}, files...)...)
	cmd.Dir = repository
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, lintErr := cmd.Output() // always fails, because the files break rules
	found := map[string][]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; { // the linter writes one report per file
		var report struct {
			Problems []struct {
				RuleID   string
				Severity string
				Location []struct{ Source struct{ Ref string } }
			}
		}
		if err := decoder.Decode(&report); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v: %v\n%s", err, lintErr, stderr.String())
		}
		for _, problem := range report.Problems {
			file := filepath.Base(problem.Location[0].Source.Ref)
			if problem.Severity == "error" {
				found[file] = append(found[file], problem.RuleID)
			}
		}
	}
	if len(found) == 0 {
		t.Fatalf("the linter found no problems: %v\n%s", lintErr, stderr.String())
	}
	return found
}
