// Package delivery sends events to webhook endpoints. It sends the events of each subject in order and signs each attempt with
// the current time. It retries on a schedule until the endpoint responds with a 2xx. It applies the faults that a test injects.
package delivery
