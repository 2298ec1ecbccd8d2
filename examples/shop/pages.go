package main

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	netmail "net/mail"
	"strings"

	"github.com/plugipay/plugipay-go/plugipay"
)

const webhookPath = "/webhooks/plugipay"

//go:embed pages
var pageFiles embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{"price": price}).ParseFS(pageFiles, "pages/*.html"))

// price writes an amount that counts hundredths, such as "IDR 199,000".
func price(amount int64) string {
	digits := fmt.Sprint(amount / 100)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return strings.TrimSuffix(fmt.Sprintf("%s %s.%02d", currency, digits, amount%100), ".00")
}

// handler returns the shop's pages and its webhook endpoint.
func (s *shop) handler() (http.Handler, error) {
	webhook, err := s.sessions.Handler(plugipay.WebhookHandlerOptions{Secrets: []string{s.cfg.webhookSecret}})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("POST "+webhookPath, webhook)
	mux.Handle("GET /{$}", page(s.showCatalog))
	mux.Handle("POST /pay", page(s.pay))
	mux.Handle("GET /orders/{id}", page(s.showOrder))
	mux.Handle("GET /admin", s.admin(s.showOrders))
	mux.Handle("POST /admin/{id}/{action}", s.admin(s.changeOrder))
	mux.Handle("GET /pages/style.css", http.FileServerFS(pageFiles))
	return http.NewCrossOriginProtection().Handler(mux), nil // other sites cannot post the forms
}

func (s *shop) showCatalog(w http.ResponseWriter, r *http.Request) error {
	s.setCart(w, cmp.Or(cartID(r), rand.Text()))
	return show(w, http.StatusOK, "catalog.html", map[string]any{"Catalog": catalog, "Max": maxQuantity})
}

// cartID returns the id of the buyer's cart, or "" without a cookie.
func cartID(r *http.Request) string {
	if cookie, err := r.Cookie("cart"); err == nil {
		return cookie.Value
	}
	return ""
}

func (s *shop) setCart(w http.ResponseWriter, id string) {
	http.SetCookie(w, &http.Cookie{
		Name: "cart", Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(s.cfg.publicURL, "https:"),
	})
}

func (s *shop) pay(w http.ResponseWriter, r *http.Request) error {
	c, id := cartOf(r), cartID(r)
	address, err := netmail.ParseAddress(r.PostFormValue("email"))
	if len(c) == 0 || id == "" || err != nil {
		return show(w, http.StatusBadRequest, "error.html", "Please choose a product and give an email address. The shop needs cookies.")
	}
	location, err := s.checkout(r.Context(), id, address.Address, c)
	if err == nil {
		http.Redirect(w, r, location, http.StatusSeeOther)
	}
	return err
}

// showOrder shows the page that buyers return to. It shows the stored order, because the address of a request proves nothing.
func (s *shop) showOrder(w http.ResponseWriter, r *http.Request) error {
	o, err := findOrder(r.Context(), s.db, "WHERE id = $1", r.PathValue("id"))
	if err != nil {
		return err
	}
	var session *plugipay.CheckoutSession
	if o.State == stateAwaiting && o.SessionID != "" {
		session, err = s.client.CheckoutSessions.Get(r.Context(), o.SessionID)
		if err == nil {
			_, err = s.sessions.Ended(r.Context(), session) // the buyer may be faster than the event
		}
		if err != nil {
			slog.Warn("an order's session is not known", "order", o.ID, "error", err)
		}
		if o, err = findOrder(r.Context(), s.db, "WHERE id = $1", o.ID); err != nil {
			return err
		}
	}
	if o.State == stateShipped && o.CartID == cartID(r) {
		s.setCart(w, rand.Text())
	}
	return show(w, http.StatusOK, "order.html", map[string]any{"Order": o, "Session": session})
}

// admin admits only the merchant.
func (s *shop) admin(p page) http.Handler {
	return page(func(w http.ResponseWriter, r *http.Request) error {
		if _, password, _ := r.BasicAuth(); subtle.ConstantTimeCompare([]byte(password), []byte(s.cfg.adminPassword)) == 1 {
			return p(w, r)
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="orders"`)
		return show(w, http.StatusUnauthorized, "error.html", "The orders are for the merchant.")
	})
}

func (s *shop) showOrders(w http.ResponseWriter, r *http.Request) error {
	orders, err := findOrders(r.Context(), s.db, "ORDER BY CASE state WHEN $1 THEN 0 ELSE 1 END, created_at DESC LIMIT 100", stateRefund)
	if err != nil {
		return err
	}
	return show(w, http.StatusOK, "orders.html", orders)
}

// changeOrder cancels an order, confirms that its transfer was seen on the merchant's account, or records a refund. If the session
// has ended in the meantime, the order gets the session's result.
func (s *shop) changeOrder(w http.ResponseWriter, r *http.Request) error {
	o, err := findOrder(r.Context(), s.db, "WHERE id = $1", r.PathValue("id"))
	if err != nil {
		return err
	}
	switch action := r.PathValue("action"); {
	case action == "cancel" && o.State == stateAwaiting && o.SessionID == "":
		err = moveOrder(r.Context(), s.db, o, stateCanceled)
	case action == "cancel" && o.State == stateAwaiting:
		err = s.end(r.Context(), o.SessionID)
	case action == "confirm" && o.State == stateAwaiting && o.SessionID != "":
		err = s.confirm(r.Context(), o.SessionID)
	case action == "refunded" && o.State == stateRefund:
		err = moveOrder(r.Context(), s.db, o, stateRefunded)
	}
	if err == nil {
		http.Redirect(w, r, "/admin", http.StatusSeeOther)
	}
	return err
}

// page is a handler whose errors become pages.
type page func(w http.ResponseWriter, r *http.Request) error

// ServeHTTP shows the page, or an error page.
func (p page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := p(w, r)
	if errors.Is(err, sql.ErrNoRows) {
		err = show(w, http.StatusNotFound, "error.html", "There is no such order.")
	}
	if err != nil {
		slog.Error("a page failed", "path", r.URL.Path, "error", err)
		_ = show(w, http.StatusServiceUnavailable, "error.html", "Something went wrong. Please try again: you will not pay twice.")
	}
}

func show(w http.ResponseWriter, status int, name string, data any) error {
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, name, data); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the visitor may have disconnected
	return nil
}
