// Command bench compares clients of an API such as Plugipay's: what a call costs beside the network. It prints tables in
// Markdown, and the machine that they come from.
package main

import (
	"flag"
	"fmt"
	"log"
)

func main() {
	rounds := flag.Int("rounds", 60, "how often each client has its turn")
	flag.Parse()
	results, err := compare(*rounds)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(comparisonTable(results))
}
