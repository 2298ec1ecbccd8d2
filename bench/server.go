package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// serverVariable is the environment variable that starts this program as the server for loopback.
const serverVariable = "PLUGIPAY_BENCH_SERVER"

// serveIfAsked serves until standard input ends, and exits, if serverVariable is set. Otherwise it returns at once.
func serveIfAsked() {
	if os.Getenv(serverVariable) == "" {
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		fmt.Println("http://" + listener.Addr().String())
		go func() { err = http.Serve(listener, newResponses()) }()
		_, _ = io.Copy(io.Discard, os.Stdin) // ends with the parent process
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// ServeHTTP sends the same responses as the stub.
func (a *responses) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	status, content, err := a.find(r.Method, r.URL.Path)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	w.Header()["Content-Type"] = jsonHeader
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	w.WriteHeader(status)
	_, _ = w.Write(content)
}

// startServer starts the server in a separate process, so that its work is not measured. It returns the URL of the server and a
// function that stops it.
func startServer() (baseURL string, stop func(), err error) {
	program, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	server := exec.Command(program)
	server.Env = append(os.Environ(), serverVariable+"=1")
	server.Stderr = os.Stderr
	stdin, err := server.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	stdout, err := server.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := server.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = stdin.Close()
		_ = server.Wait()
	}
	baseURL, err = bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("the server did not start: %w", err)
	}
	return strings.TrimSpace(baseURL), stop, nil
}
