module github.com/plugipay/plugipay-go/tests/contractchange

go 1.25.0

replace github.com/plugipay/plugipay-go => ../..

require github.com/plugipay/plugipay-go v0.0.0-00010101000000-000000000000
