package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/plugipay/plugipay-go/plugipay"
)

// readOne is the cheapest request that needs credentials.
var readOne = plugipay.RequestOptions{Method: http.MethodGet, Path: "/api/v1/checkout-sessions?limit=1"}

// checkCredentials expects that Plugipay accepts the environment's credentials.
func (v *visit) checkCredentials(ctx context.Context) finding {
	if err := v.client.Do(ctx, readOne, nil); err != nil {
		return isDifferent(advice(err), "%v", err)
	}
	if v.client.KeyID() == "" {
		return isAsExpected("the dashboard key is accepted")
	}
	return isAsExpected("the signature is accepted")
}

// checkWrongSecret expects that a signature with another secret is refused.
func (v *visit) checkWrongSecret(ctx context.Context) finding {
	if v.keyID == "" || v.secret == "" {
		return isUnknown("", "there is no key pair to sign with")
	}
	err := v.as(plugipay.ClientOptions{KeyID: v.keyID, Secret: v.secret + "x"}, func(c *plugipay.Client) error { return c.Do(ctx, readOne, nil) })
	var failed *plugipay.Error
	if errors.As(err, &failed) && failed.Status == http.StatusUnauthorized {
		return isAsExpected("a wrong signature gets 401 %s", failed.Code)
	}
	return isDifferent("check PLUGIPAY_BASE_URL: a server that accepts any signature is not Plugipay", "a wrong signature gets %s", result(err))
}

// checkDashboardKey expects that Plugipay accepts the dashboard key, if the environment has one.
func (v *visit) checkDashboardKey(ctx context.Context) finding {
	if v.apiKey == "" {
		return isUnknown("set PLUGIPAY_API_KEY to check a dashboard key, too", "PLUGIPAY_API_KEY is not set")
	}
	err := v.as(plugipay.ClientOptions{APIKey: v.apiKey}, func(c *plugipay.Client) error { return c.Do(ctx, readOne, nil) })
	if err != nil {
		return isDifferent(advice(err), "%v", err)
	}
	return isAsExpected("the dashboard key is accepted as a bearer token")
}

// as makes a call with other credentials.
func (v *visit) as(credentials plugipay.ClientOptions, call func(*plugipay.Client) error) error {
	credentials.HTTP = v.options.HTTP
	client, err := plugipay.NewClient(credentials)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	return call(client)
}

// result describes the end of a call that should have been refused.
func result(err error) string {
	if err == nil {
		return "a success"
	}
	return err.Error()
}
