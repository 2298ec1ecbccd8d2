// A shop that uses the SDK, as a module of its own. TestConsumer tidies, builds and runs a copy of it.
module example.com/shop

go 1.25.0

require github.com/plugipay/plugipay-go v0.0.0

replace github.com/plugipay/plugipay-go => ../..
