package main

import (
	"fmt"
	"net/http"
)

// compareCalls measures every client with the stub, one operation after the other. Operations do not alternate, because a turn
// of lists leaves a heap that would slow down the next turn.
func compareCalls(rounds int) ([]result, error) {
	clients, err := openAll("https://plugipay.com", stub{newResponses()})
	if err != nil {
		return nil, err
	}
	var results []result
	for _, operation := range operations {
		of, err := compareOperation(operation, clients, rounds)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", operation.name, err)
		}
		results = append(results, of...)
	}
	return results, nil
}

// compareOperation measures an operation with each client: first its memory, then its processor time, in turns.
func compareOperation(operation operation, clients []client, rounds int) ([]result, error) {
	var results []result
	var tasks []task
	for i, c := range clients {
		if !contenders[i].supports(operation) {
			continue
		}
		run := operation.repeated(c)
		used, err := measureMemory(20, run)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", contenders[i].name, err)
		}
		results = append(results, result{Client: contenders[i].name, Operation: operation.name, Memory: used})
		tasks = append(tasks, task{operation.calls, run})
	}
	times, err := measureTimes(processorTime, rounds, tasks)
	for i := range times {
		results[i].Times = times[i]
	}
	return results, err
}

// openAll returns the clients of all contenders.
func openAll(baseURL string, transport http.RoundTripper) ([]client, error) {
	var clients []client
	for _, contender := range contenders {
		c, err := contender.open(baseURL, transport)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", contender.name, err)
		}
		clients = append(clients, c)
	}
	return clients, nil
}
