package main

import (
	"fmt"
	"strings"
	"time"
)

// callsTable has a row for each operation of each client, with the ratios of its time to that of limit and of naive.
func callsTable(results []result) string {
	t := newTable("call", "client", "µs", "× limit", "× naive", "bytes", "allocations")
	for _, r := range results {
		t.row(r.Operation, r.Client, microseconds(r.time()),
			timeRatio(r, find(results, r.Operation, "limit")), timeRatio(r, find(results, r.Operation, "naive")),
			fmt.Sprintf("%.0f", r.Memory.Bytes), fmt.Sprintf("%.0f", r.Memory.Allocations))
	}
	return t.String()
}

// loopbackTable shows the calls per second of each client.
func loopbackTable(results []result) string {
	t := newTable("client", "calls per second", "× limit", "× naive")
	for _, r := range results {
		t.row(r.Client, fmt.Sprintf("%.0f", float64(time.Second)/float64(r.time())),
			timeRatio(find(results, r.Operation, "limit"), r), timeRatio(find(results, r.Operation, "naive"), r))
	}
	return t.String()
}

// find returns the result of a client for an operation.
func find(results []result, operation, client string) result {
	for _, r := range results {
		if r.Operation == operation && r.Client == client {
			return r
		}
	}
	return result{}
}

func microseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f", float64(d)/float64(time.Microsecond))
}

func timeRatio(r, to result) string { return fmt.Sprintf("%.2f", r.ratioTo(to)) }

func ratio[T int64 | uint64](value, to T) string {
	return fmt.Sprintf("%.2f", float64(value)/float64(to))
}

func kilobytes[T int64 | uint64](bytes T) string { return fmt.Sprintf("%d KB", bytes/1000) }

// timeAndAllocations formats a result for one cell.
func timeAndAllocations(r result) string {
	return fmt.Sprintf("%s µs, %.0f allocations", microseconds(r.time()), r.Memory.Allocations)
}

// table is a Markdown table with aligned columns. Columns of text are flush left, and columns of numbers are flush right.
type table struct{ rows [][]string }

func newTable(head ...string) *table { return &table{[][]string{head}} }

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) String() string {
	widths := make([]int, len(t.rows[0]))
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var out strings.Builder
	for n, row := range t.rows {
		for i, cell := range row {
			if t.isText(i) {
				fmt.Fprintf(&out, "| %-*s ", widths[i], cell)
			} else {
				fmt.Fprintf(&out, "| %*s ", widths[i], cell)
			}
		}
		out.WriteString("|\n")
		if n > 0 {
			continue
		}
		for i, width := range widths {
			if t.isText(i) {
				out.WriteString("|" + strings.Repeat("-", width+2))
			} else {
				out.WriteString("|" + strings.Repeat("-", width+1) + ":")
			}
		}
		out.WriteString("|\n")
	}
	return out.String()
}

func (t *table) isText(column int) bool {
	return len(t.rows) < 2 || !strings.ContainsAny(t.rows[1][column][:1], "0123456789")
}
