// Command bench compares plugipay with other clients of such an API: what a call costs beside the network. It prints tables
// in Markdown, and the machine that they come from. It runs in its own directory, and takes a few minutes.
package main

import (
	"flag"
	"fmt"
	"log"
)

func main() {
	serveIfAsked()
	measureIfAsked()
	rounds := flag.Int("rounds", 5, fmt.Sprintf("how often everything that is timed has its turn in each of %d processes", processes))
	readme := flag.String("readme", "", "a Markdown `file` to put the result in, between its marks")
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

// report says how it went.
func report(timed measurements) (string, error) {
	others, err := othersTable(timed)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("Measured on %s.\n\n%s\n%d callers at once get sessions over loopback from a server in another process:\n\n%s\n%s",
		machine(), callsTable(timed.Calls), callers, loopbackTable(timed.Loopback), others), nil
}

// othersTable shows what concerns plugipay alone, each beside what it is to be compared with. What is not timed it measures.
func othersTable(timed measurements) (string, error) {
	t := newTable("plugipay", "measured", "compared with", "measured", "ratio")

	byHand, byOurs := timed.Webhooks[0], timed.Webhooks[1]
	t.row("verify a webhook delivery of 1 KB", timeAndAllocations(byOurs),
		"its HMAC, and one decode", timeAndAllocations(byHand), timeRatio(byOurs, byHand))

	young, old := timed.Ages[0], timed.Ages[1]
	t.row("get, after 20,000 calls and with 10,000 clients for merchants", timeAndAllocations(old),
		"get with a new client", timeAndAllocations(young), timeRatio(old, young))

	many, err := heldWhileIterating(50)
	if err != nil {
		return "", err
	}
	few, err := heldWhileIterating(5)
	if err != nil {
		return "", err
	}
	t.row("heap held while going through 50 pages", kilobytes(many), "5 pages", kilobytes(few), ratio(many, few))

	facade, err := programSize("facade")
	if err != nil {
		return "", err
	}
	standard, err := programSize("standard")
	if err != nil {
		return "", err
	}
	t.row("a program that creates a session", kilobytes(facade),
		"with net/http and encoding/json", kilobytes(standard), ratio(facade, standard))
	return t.String(), nil
}
