// Command bench compares plugipay with other API clients. It measures the cost of a call without the network. It prints tables
// in Markdown and the machine that measured them. Run it in its own directory. It takes a few minutes.
package main

import (
	"flag"
	"fmt"
	"log"
)

func main() {
	serveIfAsked()
	measureIfAsked()
	rounds := flag.Int("rounds", 5, fmt.Sprintf("number of rounds in each of %d processes", processes))
	readme := flag.String("readme", "", "Markdown `file` to write the result into, between its marks")
	flag.Parse()
	log.SetFlags(0)

	timed, err := measureInProcesses(processes, *rounds)
	if err != nil {
		log.Fatal(err)
	}
	text, err := report(timed)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(text)
	if *readme != "" {
		if err := putBetweenMarks(*readme, text); err != nil {
			log.Fatal(err)
		}
	}
}

// report returns the result as Markdown.
func report(timed measurements) (string, error) {
	others, err := othersTable(timed)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("Measured on %s.\n\n%s\n%d concurrent callers get sessions over loopback from a server in another process:\n\n%s\n%s",
		machine(), callsTable(timed.Calls), callers, loopbackTable(timed.Loopback), others), nil
}

// othersTable shows measurements of plugipay alone, each with a value to compare it with. It measures sizes itself.
func othersTable(timed measurements) (string, error) {
	t := newTable("measurement", "plugipay", "compared with", "its value", "ratio")

	byHand, byPlugipay := timed.Webhooks[0], timed.Webhooks[1]
	t.row("verify a webhook delivery of 1 KB", timeAndAllocations(byPlugipay),
		"HMAC and one JSON decode", timeAndAllocations(byHand), timeRatio(byPlugipay, byHand))

	fresh, used := timed.UsedClient[0], timed.UsedClient[1]
	t.row("get, without garbage collections, after 20,000 calls, with 10,000 clients for merchants", timeAndAllocations(used),
		"get with a new client", timeAndAllocations(fresh), timeRatio(used, fresh))

	many, err := heapWhileIterating(50)
	if err != nil {
		return "", err
	}
	few, err := heapWhileIterating(5)
	if err != nil {
		return "", err
	}
	t.row("heap while iterating over 50 pages", kilobytes(many), "5 pages", kilobytes(few), ratio(many, few))

	facade, err := programSize("facade")
	if err != nil {
		return "", err
	}
	standard, err := programSize("standard")
	if err != nil {
		return "", err
	}
	t.row("binary of a program that creates a session", kilobytes(facade),
		"with net/http and encoding/json", kilobytes(standard), ratio(facade, standard))
	return t.String(), nil
}
