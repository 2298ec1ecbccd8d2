package main

import (
	"fmt"
	"net/http"
)

// compareCalls measures every client over the stub: first the memory, then, in one run for all, the time that
// the processors are busy with a call.
func compareCalls(rounds int) ([]result, error) {
	clients, err := openAll("https://plugipay.com", stub{newAnswers()})
	if err != nil {
		return nil, err
	}
	var results []result
	var tasks []task
	for _, operation := range operations {
		for i, c := range clients {
			run := operation.repeated(c)
			used, err := measureMemory(20, run)
			if err != nil {
				return nil, fmt.Errorf("%s of %s: %w", operation.name, contenders[i].name, err)
			}
			results = append(results, result{client: contenders[i].name, operation: operation.name, memory: used})
			tasks = append(tasks, task{operation.calls, run})
		}
	}
	times, err := measureTimes(processorTime, rounds, tasks)
	for i := range times {
		results[i].times = times[i]
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
