//go:build go1.26

package repository

import (
	"go/doc"
	"go/doc/comment"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// TestGodoc_LinksNameSymbols makes sure that [Name] in a comment is the name of a symbol. It needs Go 1.26, which links to fields.
func TestGodoc_LinksNameSymbols(t *testing.T) {
	t.Parallel()
	for _, name := range documentedPackages {
		p := documentation(t, name)
		fset := token.NewFileSet()
		for _, file := range parseDirectory(t, fset, name, isSource) {
			for _, group := range file.Comments {
				for _, word := range brokenLinks(p, group.Text()) {
					t.Errorf("%s links to %s, which does not exist", fset.Position(group.Pos()), word)
				}
			}
		}
	}
	text := "See [Client], [Client.Close], [Client.CheckoutSessions], [io.EOF], [Merchant] and [Client.Open]."
	if got := brokenLinks(documentation(t, "plugipay"), text); !slices.Equal(got, []string{"[Merchant]", "[Client.Open]"}) {
		t.Errorf("the broken links are %q", got)
	}
}

// brokenLinks returns the words of a comment that look like links to a symbol but name no symbol.
func brokenLinks(p *doc.Package, text string) (words []string) {
	for _, block := range p.Parser().Parse(text).Content {
		paragraph, ok := block.(*comment.Paragraph)
		if !ok {
			continue
		}
		for _, part := range paragraph.Text {
			if plain, ok := part.(comment.Plain); ok {
				words = append(words, bracketed(string(plain))...)
			}
		}
	}
	return words
}

// bracketed returns the words in brackets that begin with a capital, or with a package.
func bracketed(text string) (words []string) {
	for {
		_, after, ok := strings.Cut(text, "[")
		word, rest, closed := strings.Cut(after, "]")
		if !ok || !closed {
			return words
		}
		name := word[strings.LastIndex(word, ".")+1:]
		if name != "" && strings.ToUpper(name[:1]) == name[:1] && !strings.ContainsAny(word, " \n") && token.IsIdentifier(name) {
			words = append(words, "["+word+"]")
		}
		text = rest
	}
}
