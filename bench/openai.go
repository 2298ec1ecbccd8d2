package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/shared"
)

// openAI is openai-go. It uses batches, which are similar to checkout sessions: a batch is created from a few settings and
// metadata, has an id and a status, and is listed in pages of a hundred. The batches have the size of Plugipay's sessions. Their
// number of requests takes the place of the amount.
type openAI struct {
	openai.Client
	input openai.BatchNewParams
}

const openAIPath = "/v1/batches"

func newOpenAI(baseURL string, transport http.RoundTripper) (client, error) {
	options := []option.RequestOption{option.WithBaseURL(baseURL + "/v1/"), option.WithAPIKey("sk-123")}
	if transport != nil {
		options = append(options, option.WithHTTPClient(&http.Client{Transport: transport}))
	}
	return &openAI{openai.NewClient(options...), openAIInput()}, nil
}

func openAIInput() openai.BatchNewParams {
	return openai.BatchNewParams{
		CompletionWindow: openai.BatchNewParamsCompletionWindow24h,
		Endpoint:         openai.BatchNewParamsEndpointV1ChatCompletions,
		InputFileID:      "file-01J8ZQ5T0M8WJ4B1QJ0M9Y2X7C",
		Metadata: shared.Metadata{
			"order_id":    "ord_42",
			"success_url": "https://shop.example.com/orders/ord_42/thank-you",
			"cancel_url":  "https://shop.example.com/orders/ord_42/cart",
			"note":        strings.Repeat("n", 250),
		},
	}
}

func (c *openAI) create(ctx context.Context) (outcome, error) {
	batch, err := c.Batches.New(ctx, c.input)
	if err != nil {
		return outcome{}, err
	}
	return outcome{batch.ID, batch.RequestCounts.Total, 1}, nil
}

func (c *openAI) get(ctx context.Context, id string) (outcome, error) {
	batch, err := c.Batches.Get(ctx, id)
	if err != nil {
		return outcome{}, err
	}
	return outcome{batch.ID, batch.RequestCounts.Total, 1}, nil
}

func (c *openAI) list(ctx context.Context, limit int) (outcome, error) {
	page, err := c.Batches.List(ctx, openai.BatchListParams{Limit: openai.Int(int64(limit))})
	if err != nil {
		return outcome{}, err
	}
	if len(page.Data) == 0 {
		return outcome{}, nil
	}
	last := &page.Data[len(page.Data)-1]
	return outcome{last.ID, last.RequestCounts.Total, len(page.Data)}, nil
}

// openAIBatch returns the nth batch.
func openAIBatch(n, size int) string {
	return padded(size, func(note string) string {
		return fmt.Sprintf(`{"id":%q,"object":"batch","endpoint":"/v1/chat/completions","errors":null,`+
			`"input_file_id":"file-01J8ZQ5T0M8WJ4B1QJ0M9Y2X7C","completion_window":"24h","status":"in_progress",`+
			`"output_file_id":null,"error_file_id":null,"created_at":1790000000,"in_progress_at":1790000010,`+
			`"expires_at":1790086400,"finalizing_at":null,"completed_at":null,"failed_at":null,"expired_at":null,`+
			`"cancelling_at":null,"cancelled_at":null,"request_counts":{"total":%d,"completed":0,"failed":0},`+
			`"metadata":{"order_id":"ord_42","success_url":"https://shop.example.com/orders/ord_42/thank-you",`+
			`"cancel_url":"https://shop.example.com/orders/ord_42/cart","note":%q}}`, nthSessionID(n), sessionAmount+n, note)
	})
}

func openAIPage() string {
	return `{"object":"list","has_more":false,"data":[` + join(openAIBatch) + `]}`
}
