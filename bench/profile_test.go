package main

import "testing"

// BenchmarkCall is for profiling one client: go test -bench Call/list/plugipay -cpuprofile cpu.out. To compare clients, run the
// program, which alternates between them.
func BenchmarkCall(b *testing.B) {
	for _, operation := range operations {
		b.Run(operation.name, func(b *testing.B) {
			for _, contender := range contenders {
				b.Run(contender.name, func(b *testing.B) {
					c, err := contender.open("https://plugipay.com", stub{newResponses()})
					if err != nil {
						b.Fatal(err)
					}
					b.ReportAllocs()
					for b.Loop() {
						if err := operation.do(c); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}
