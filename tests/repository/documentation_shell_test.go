package repository

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
	"github.com/plugipay/plugipay-go/tests/internal/document"
)

// commandTime is for a block of commands to come to an end, where they have everything to compile.
const commandTime = 3 * time.Minute

// shells are the languages of blocks that hold commands.
var shells = []string{"sh", "bash", "console"}

// commandRule is for commands which cannot be run as they are: why, and what is done instead.
type commandRule struct {
	commands *regexp.Regexp
	why      string
	instead  func(t *testing.T, command string) error
}

var commandRules = []commandRule{
	{regexp.MustCompile(`^go test `), "a test would run all tests again: it looks whether there are such tests and flags", checkTests},
	{regexp.MustCompile(`^go generate `), "TestGeneratedCodeIsWhatTheContractSays runs the generators", checkGenerate},
	{regexp.MustCompile(`^make `), "most targets take minutes: it looks whether there is such a target", checkTarget},
	{regexp.MustCompile(`^go get github\.com/plugipay/`), "it needs a release and the network: TestConsumer does as much without", checkPackage},
	{regexp.MustCompile(`^(?:git tag|git push|go list -m github\.com/plugipay/)`), "it makes a release: it looks at the version", checkVersion},
	{regexp.MustCompile(`^\.ci/\w+`), "these take minutes, and CI runs them: it looks whether there is such a script", checkScript},
	{regexp.MustCompile(`^go -C \S+ run `), "a program of another module may need the network: it looks whether there is one", checkModule},
	{regexp.MustCompile(`^go run \./cmd/plugipay-sandbox`), "it ends when it is told to: it is started on a free port, asked, and ended", checkServer},
}

// TestDocumentationCommandsRun runs the commands of each block, and those in sentences, in a copy of the module. What it
// does otherwise is in commandRules. An address of the sandbox's program, and what is left out with an ellipsis, are
// replaced by those of a sandbox.
func TestDocumentationCommandsRun(t *testing.T) {
	t.Parallel()
	needShell(t)
	used := make([]bool, len(commandRules))
	for _, b := range commandBlocks(documents(t)) {
		for _, command := range commandsOf(b) {
			if i := ruleFor(command); i >= 0 {
				used[i] = true
			}
		}
		t.Run(b.Name(), func(t *testing.T) {
			t.Parallel()
			if err := runCommands(t, b); err != nil {
				t.Error(err)
			}
		})
	}
	for i, rule := range commandRules {
		if !used[i] {
			t.Errorf("no document has a command like %s any more: remove its rule", rule.commands)
		}
	}
}

// TestDocumentationCommandsThatAreWrongAreFound: each of these is complained about.
func TestDocumentationCommandsThatAreWrongAreFound(t *testing.T) {
	t.Parallel()
	needShell(t)
	for command, want := range map[string]string{
		"go run ./examples/slowstart":                         "directory not found",
		"ls docs/of-nothing":                                  "No such file",
		"true; false; true":                                   "exit status 1",
		"curl -s http://127.0.0.1:4010/_sandbox/none -d '{}'": "exit status 22", // of curl: the answer is an error
		"curl -s http://127.0.0.1:4010/of/acc_…":              "what stands for the ellipsis",
		"go test ./tests -run TestOfNothing":                  "it finds no test",
		"go -C banch run .":                                   "no such file",
		"git push origin v1":                                  `["v1"] is no version`,
		"make haste":                                          "there is no target haste",
		"go get github.com/plugipay/plugipay-go/pluginpay":    "there is no such package",
		".ci/walk": "no such file",
		"go run ./cmd/plugipay-sandbox -colour blue": "exit status 2",
	} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			block := document.Block{Path: "page.md", Line: 1, Language: "console", Text: "$ " + command + "\nand what it prints\n"}
			if err := runCommands(t, block); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error is %v, want %q", err, want)
			}
		})
	}
}

// needShell skips a test where its tools are missing.
func needShell(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the documents' commands are for a POSIX shell")
	}
	for _, tool := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
}

// commandBlocks returns the blocks of commands, and the commands in sentences as blocks of their own.
func commandBlocks(all []document.Document) (found []document.Block) {
	for _, d := range all {
		for _, b := range d.Blocks {
			if slices.Contains(shells, b.Language) {
				found = append(found, b)
			}
		}
		for _, c := range d.Commands {
			found = append(found, document.Block{Path: d.Path, Line: c.Line, Language: "sh", Text: c.Text + "\n"})
		}
	}
	return found
}

// commandsOf returns the lines of a block; of a console's, those behind a prompt.
func commandsOf(b document.Block) (commands []string) {
	for line := range strings.SplitSeq(strings.ReplaceAll(b.Text, "\\\n", " "), "\n") {
		if b.Language == "console" {
			command, ok := strings.CutPrefix(line, "$ ")
			if !ok {
				continue
			}
			line = command
		}
		commands = append(commands, line)
	}
	return commands
}

var assignments = regexp.MustCompile(`^(?:[A-Z_]+=\S* +)+`)

// ruleFor returns the index of the rule for a command, or -1.
func ruleFor(command string) int {
	command = assignments.ReplaceAllString(command, "")
	return slices.IndexFunc(commandRules, func(r commandRule) bool { return r.commands.MatchString(command) })
}

// runCommands runs a block as one script, without the commands that have a rule, and those by their rules.
func runCommands(t *testing.T, b document.Block) error {
	t.Helper()
	var errs []error
	script, left := "", false
	for _, command := range commandsOf(b) {
		if i := ruleFor(command); i >= 0 {
			if err := commandRules[i].instead(t, withoutComment(command)); err != nil {
				errs = append(errs, fmt.Errorf("%s: %s: %w", b.Name(), command, err))
			}
			continue
		}
		script += command + "\n"
		left = left || withoutComment(command) != ""
	}
	if left {
		script, err := filledIn(t, script)
		if err == nil {
			err = runScript(t, script)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", b.Name(), err))
		}
	}
	return errors.Join(errs...)
}

var shellComment = regexp.MustCompile(`(?:^|\s+)#.*$`)

func withoutComment(command string) string {
	return strings.TrimSpace(shellComment.ReplaceAllString(strings.TrimSpace(command), ""))
}

// filledIn replaces the address of the sandbox's program, and what a page leaves out, by those of a sandbox.
func filledIn(t *testing.T, script string) (string, error) {
	t.Helper()
	box := sandbox.StartTest(t, sandbox.Options{})
	client, err := plugipay.NewClient(box.ClientOptions())
	if err != nil {
		return "", err
	}
	defer func() { _ = client.Close() }()
	session, err := client.CheckoutSessions.Create(t.Context(), plugipay.CheckoutSessionCreateInput{
		Amount: 199_000_00, Currency: plugipay.CurrencyIDR, SuccessURL: "https://example.com/thank-you", CancelURL: "https://example.com/cart",
		Methods: []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS, plugipay.CheckoutMethodVA},
	})
	if err != nil {
		return "", err
	}
	script = strings.NewReplacer(
		"http://127.0.0.1:4010", box.URL, "http://localhost:4010", box.URL, "https://plugipay.com", box.URL,
		"cs_…", session.ID, "pk_test_…", sandbox.TestKeyID, "sk_test_…", sandbox.TestSecret,
	).Replace(script)
	for line := range strings.Lines(script) {
		if strings.Contains(withoutComment(line), "…") {
			return "", fmt.Errorf("what stands for the ellipsis in %q?", line)
		}
	}
	return script, nil
}

// shellFunctions have curl fail at an answer of 400 or more, and go run find again what is compiled: in the root of the
// copy, it works in the module itself.
const shellFunctions = `
curl() { command curl --fail-with-body "$@"; }
go() {
	if [ "$1" = run ] && [ "$PWD" = "$COPY" ]; then
		command go -C "$MODULE" "$@"
	else
		command go "$@"
	fi
}
`

// runScript runs a script in a copy of the module.
func runScript(t *testing.T, script string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandTime)
	defer cancel()
	module, err := filepath.Abs(repository)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", "COPY=$PWD"+shellFunctions+script)
	cmd.Dir = copyOfModule(t)
	cmd.Env = append(os.Environ(), "MODULE="+module)
	cmd.WaitDelay = time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// notCopied are directories of git, npm and the fuzz targets.
var notCopied = []string{".git", "node_modules", "fuzz"}

// copyOfModule copies the module as it is on disk.
func copyOfModule(t *testing.T) string {
	t.Helper()
	target := t.TempDir()
	err := filepath.WalkDir(repository, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if slices.Contains(notCopied, entry.Name()) {
			if entry.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(repository, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(target, rel), 0o700)
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(target, rel), content, info.Mode().Perm())
	})
	if err != nil {
		t.Fatal(err)
	}
	return target
}

var selection = regexp.MustCompile(`-(?:run|bench|fuzz)[ =]'?([^ ']+)'?`)

// checkTests checks that a command of go test finds tests. Those of this package are asked of the program that runs
// now, with the command's flags; the contract's are run against a sandbox in the place of Plugipay.
func checkTests(t *testing.T, command string) error {
	t.Helper()
	if strings.Contains(command, "PLUGIPAY_CONTRACT_BASE_URL=") {
		return checkContractTests(t, command)
	}
	arguments := strings.TrimPrefix(assignments.ReplaceAllString(command, ""), "go test ")
	pattern := "."
	if found := selection.FindStringSubmatch(arguments); found != nil {
		pattern = found[1]
	}
	var packages, flags []string
	for _, word := range strings.Fields(selection.ReplaceAllString(arguments, "")) {
		if strings.HasPrefix(word, "./") {
			packages = append(packages, word)
		} else {
			flags = append(flags, word)
		}
	}
	var out string
	if pattern == "." {
		out = goCommand(t, append([]string{"list"}, packages...)...)
	} else {
		out = goCommand(t, append([]string{"test", "-list", pattern}, packages...)...)
	}
	if !findsSomething.MatchString(out) {
		return fmt.Errorf("it finds no test:\n%s", out)
	}
	return nil
}

var (
	goTestFlag     = regexp.MustCompile(`-(v|count|timeout|short|shuffle|benchtime|fuzztime|parallel)\b`)
	findsSomething = regexp.MustCompile(`(?m)^(?:Test|Benchmark|Fuzz|Example|github\.com/)`)
)

// outputOf runs a program and returns what it prints.
func outputOf(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return string(out), nil
}

// checkContractTests runs the tests of the contract as a user does who has a Plugipay to run them against.
func checkContractTests(t *testing.T, command string) error {
	t.Helper()
	script, err := filledIn(t, command)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-euc", script)
	cmd.Dir = repository
	if out, err := cmd.CombinedOutput(); err != nil || bytes.Contains(out, []byte("no tests to run")) {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// checkGenerate has the go command print what it would run.
func checkGenerate(t *testing.T, command string) error {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"generate", "-n"}, strings.Fields(command)[2:]...)...)
	cmd.Dir = repository
	if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("go run ./internal/generate")) {
		return fmt.Errorf("it runs no generator: %w\n%s", err, out)
	}
	return nil
}

func checkTarget(_ *testing.T, command string) error {
	makefile, err := os.ReadFile(filepath.Join(repository, "Makefile"))
	if err != nil {
		return err
	}
	for _, target := range strings.Fields(command)[1:] {
		if !strings.Contains(target, "=") && !regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(target)+`:`).Match(makefile) {
			return fmt.Errorf("there is no target %s", target)
		}
	}
	return nil
}

func checkPackage(_ *testing.T, command string) error {
	path, _, _ := strings.Cut(strings.TrimPrefix(command, "go get github.com/plugipay/plugipay-go"), "@")
	if files, err := filepath.Glob(filepath.Join(repository, path, "*.go")); err != nil || len(files) == 0 {
		return errors.New("there is no such package")
	}
	return nil
}

var (
	versions    = regexp.MustCompile(`\bv\d\S*`)
	fullVersion = regexp.MustCompile(`^v\d+\.\d+\.\d+$`)
)

func checkVersion(_ *testing.T, command string) error {
	found := versions.FindAllString(command, -1)
	if len(found) == 0 || slices.ContainsFunc(found, func(v string) bool { return !fullVersion.MatchString(v) }) {
		return fmt.Errorf("%q is no version such as v1.2.3", found)
	}
	return nil
}

// checkModule checks that a command such as go -C bench run . names a module with a program.
func checkModule(_ *testing.T, command string) error {
	directory := strings.Fields(command)[2]
	if _, err := os.Stat(filepath.Join(repository, directory, "go.mod")); err != nil {
		return err
	}
	_, err := os.Stat(filepath.Join(repository, directory, "main.go"))
	return err
}

func checkScript(_ *testing.T, command string) error {
	info, err := os.Stat(filepath.Join(repository, strings.Fields(command)[0]))
	if err == nil && info.Mode()&0o100 == 0 {
		err = errors.New("it is no program")
	}
	return err
}

// checkServer starts the sandbox's program with the command's flags, waits until it says where it is, asks it
// something, and ends it.
func checkServer(t *testing.T, command string) error {
	t.Helper()
	program := filepath.Join(t.TempDir(), "plugipay-sandbox")
	goCommand(t, "build", "-o", program, "./cmd/plugipay-sandbox")
	ctx, cancel := context.WithTimeout(t.Context(), commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", strings.Replace(command, "go run ./cmd/plugipay-sandbox", "exec "+program, 1)+" -addr 127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	var problems bytes.Buffer
	cmd.Stderr = &problems
	if err := cmd.Start(); err != nil {
		return err
	}
	asked := errors.New("it did not say where it is")
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if url, ok := strings.CutPrefix(lines.Text(), "The sandbox is at "); ok {
			asked = ask(ctx, url)
		}
		if strings.HasPrefix(lines.Text(), "Ctrl+C") {
			asked = errors.Join(asked, cmd.Process.Signal(os.Interrupt))
		}
	}
	if err := errors.Join(asked, cmd.Wait()); err != nil {
		return fmt.Errorf("%w\n%s", err, problems.String())
	}
	return nil
}

// ask asks a server for its first page.
func ask(ctx context.Context, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New("it answers " + resp.Status)
	}
	return nil
}
