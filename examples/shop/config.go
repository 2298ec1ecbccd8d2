package main

import (
	"cmp"
	"crypto/rand"
	"errors"
	"os"
	"time"
)

// config holds the shop's variables. [plugipay.NewClient] reads PLUGIPAY_KEY_ID and the client's other variables.
type config struct {
	addr           string // ADDR: where to listen. Default: a free port of this machine.
	publicURL      string // PUBLIC_URL: where buyers reach the shop. Default: the address.
	databaseURL    string // DATABASE_URL: postgres://…, or the name of a SQLite file. Default: shop.db, temporary without keys.
	webhookSecret  string // PLUGIPAY_WEBHOOK_SECRET: required with keys.
	adminPassword  string // ADMIN_PASSWORD: of /admin, for any user name. Required with keys.
	smtpAddr       string // SMTP_ADDR: the mail server, host:port. Default: mail is only logged.
	hasKeys        bool   // false: a sandbox is started.
	reconcileEvery time.Duration
}

func configFromEnvironment() (config, error) {
	cfg := config{
		addr:           cmp.Or(os.Getenv("ADDR"), "127.0.0.1:0"),
		publicURL:      os.Getenv("PUBLIC_URL"),
		databaseURL:    os.Getenv("DATABASE_URL"),
		webhookSecret:  os.Getenv("PLUGIPAY_WEBHOOK_SECRET"),
		adminPassword:  os.Getenv("ADMIN_PASSWORD"),
		smtpAddr:       os.Getenv("SMTP_ADDR"),
		hasKeys:        os.Getenv("PLUGIPAY_KEY_ID")+os.Getenv("PLUGIPAY_SECRET")+os.Getenv("PLUGIPAY_API_KEY") != "",
		reconcileEvery: time.Minute,
	}
	if !cfg.hasKeys { // the sandbox forgets its sessions when the process ends
		cfg.webhookSecret = rand.Text()
		return cfg, nil
	}
	if cfg.webhookSecret == "" || cfg.adminPassword == "" {
		return config{}, errors.New("there are keys of Plugipay: set PLUGIPAY_WEBHOOK_SECRET and ADMIN_PASSWORD, too")
	}
	cfg.databaseURL = cmp.Or(cfg.databaseURL, "shop.db")
	return cfg, nil
}
