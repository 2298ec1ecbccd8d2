module github.com/plugipay/plugipay-go/bench

go 1.25.0

replace github.com/plugipay/plugipay-go => ../

require (
	github.com/google/uuid v1.6.0
	github.com/plugipay/plugipay-go v0.0.0-00010101000000-000000000000
)

require (
	github.com/apapsch/go-jsonmerge/v2 v2.0.0 // indirect
	github.com/oapi-codegen/runtime v1.8.0 // indirect
)
