package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// programSize builds a program of the directory size and returns its size in bytes. It needs the go command and must run in this
// directory.
func programSize(name string) (int64, error) {
	scratch, err := os.MkdirTemp("", "plugipay-bench")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(scratch)
	program := filepath.Join(scratch, name)
	if output, err := exec.Command("go", "build", "-trimpath", "-o", program, "./size/"+name).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("go build ./size/%s: %w\n%s", name, err, output)
	}
	info, err := os.Stat(program)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
