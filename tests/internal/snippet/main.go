package snippet

import (
	"fmt"
	"strings"
)

// TestName is the name of the test that runs a block, in the file that Main makes.
func TestName(r Run) string {
	return fmt.Sprintf("Test_%s_%s", strings.ReplaceAll(r.Package, "/", "_"), r.Func)
}

// Main returns the code of a test file that runs the blocks of packages, and any program with a sandbox in its environment.
// The directory of the packages is imported by importPath.
func Main(importPath string, packages []Package) string {
	var imports, tests strings.Builder
	imported := map[string]bool{}
	for _, p := range packages {
		for _, r := range p.Runs {
			name := strings.ReplaceAll(r.Package, "/", "_")
			if !imported[name] {
				imported[name] = true
				fmt.Fprintf(&imports, "\t%s %q\n", name, importPath+"/"+r.Package)
			}
			fmt.Fprintf(&tests, "func %s(t *testing.T) { %s.%s(t) }\n", TestName(r), name, r.Func)
		}
	}
	return fmt.Sprintf(mainFile, imports.String(), importPath+"/given", tests.String())
}

const mainFile = `package blocks

import (
	"flag"
	"os"
	"os/exec"
	"testing"
%s	"%s"
)

var program = flag.String("program", "", "a program to run")

func TestProgram(t *testing.T) {
	given.Box(t)
	cmd := exec.CommandContext(t.Context(), *program)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Error(err)
	}
}

%s`
