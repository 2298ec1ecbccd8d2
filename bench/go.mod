module github.com/plugipay/plugipay-go/bench

go 1.26.0

replace github.com/plugipay/plugipay-go => ../

require (
	github.com/google/uuid v1.6.0
	github.com/midtrans/midtrans-go v1.3.8
	github.com/openai/openai-go/v3 v3.96.0
	github.com/plugipay/plugipay-go v0.0.0-00010101000000-000000000000
	github.com/stripe/stripe-go/v85 v85.0.0
)

require (
	github.com/apapsch/go-jsonmerge/v2 v2.0.0 // indirect
	github.com/coder/websocket v1.8.15 // indirect
	github.com/oapi-codegen/runtime v1.8.0 // indirect
	github.com/tidwall/gjson v1.20.0 // indirect
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/pretty v1.2.1 // indirect
	github.com/tidwall/sjson v1.2.5 // indirect
)
