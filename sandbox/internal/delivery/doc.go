// Package delivery sends events to webhook endpoints: in order for each subject, signed for the moment of each attempt,
// repeated by a schedule until the endpoint responds with a 2xx, and with the faults that a test asks for.
package delivery
