package document

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

var (
	fenceLine   = regexp.MustCompile("^( *)(```+|~~~+) *([A-Za-z0-9_+-]*)[^`]*$")
	headingLine = regexp.MustCompile(`^#{1,6} +(.+?) *#*$`)
	codeSpan    = regexp.MustCompile("`([^`]+)`")
	linkTarget  = regexp.MustCompile(`\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)`)
	referenced  = regexp.MustCompile(`^ {0,3}\[[^\]]+\]: *(\S+)`)
	attribute   = regexp.MustCompile(`(?:src|href|srcset)="([^"]+)"`)
	namedAnchor = regexp.MustCompile(`<a +(?:id|name)="([^"]+)"`)
	linkText    = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
	command     = regexp.MustCompile(`^(?:[A-Z_]+=\S* )*(?:go (?:-C \S+ )?(?:run|test|get|generate|install|build|vet|mod) |(?:make|git|curl|npx|docker) |\.ci/\w)`)
)

// Markdown reads a Markdown document.
func Markdown(path, text string) (Document, error) {
	r := markdownReader{d: Document{Path: path}, seen: map[string]int{}}
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := 0; i < len(lines); {
		n, err := r.read(lines[i:], i+1)
		if err != nil {
			return Document{}, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
		i += n
	}
	if len(r.pending) > 0 {
		return Document{}, fmt.Errorf("%s:%d: no block of code follows this directive", path, r.pending[0].Line)
	}
	return r.d, nil
}

// markdownReader reads a document from its top to its end.
type markdownReader struct {
	d       Document
	pending []Directive    // for the next block
	seen    map[string]int // how often a heading's anchor was needed
}

// read reads what the first of the lines begins, and returns how many lines that is. number is that of the first.
func (r *markdownReader) read(lines []string, number int) (int, error) {
	line := lines[0]
	switch {
	case fenceLine.MatchString(line):
		return r.readBlock(lines, number)
	case strings.HasPrefix(strings.TrimSpace(line), "<!--"):
		return r.readComment(lines, number)
	case strings.TrimSpace(line) == "":
		return 1, nil
	}
	if len(r.pending) > 0 {
		return 0, fmt.Errorf("the directive of line %d stands before this line, not before a block of code", r.pending[0].Line)
	}
	if heading := headingLine.FindStringSubmatch(line); heading != nil {
		r.addAnchor(heading[1])
	}
	r.readSentence(line, number)
	return 1, nil
}

func (r *markdownReader) readBlock(lines []string, number int) (int, error) {
	fence := fenceLine.FindStringSubmatch(lines[0])
	indent, mark, language := fence[1], fence[2], fence[3]
	var text strings.Builder
	for i, line := range lines[1:] {
		if strings.TrimSpace(line) == mark {
			r.d.Blocks = append(r.d.Blocks, Block{
				Path: r.d.Path, Line: number + 1, Language: language, Text: text.String(), Directives: r.pending,
			})
			r.pending = nil
			return i + 2, nil
		}
		text.WriteString(strings.TrimPrefix(line, indent) + "\n")
	}
	return 0, fmt.Errorf("this block has no end")
}

// readComment reads an HTML comment, which is a directive if it says so.
func (r *markdownReader) readComment(lines []string, number int) (int, error) {
	var text strings.Builder
	for i, line := range lines {
		text.WriteString(line + "\n")
		if !strings.Contains(line, "-->") {
			continue
		}
		comment, after, _ := strings.Cut(text.String(), "-->")
		if strings.TrimSpace(after) != "" {
			return 0, fmt.Errorf("something follows the comment in its last line")
		}
		said := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(comment), "<!--"))
		if directive, ok := strings.CutPrefix(said, "test:"); ok {
			directive = strings.TrimSpace(directive)
			word := strings.FieldsFunc(directive, unicode.IsSpace)
			if len(word) == 0 {
				return 0, fmt.Errorf("this directive is empty")
			}
			r.pending = append(r.pending, Directive{
				Line: number, Word: word[0], Text: strings.TrimSpace(strings.TrimPrefix(directive, word[0])),
			})
		}
		return i + 1, nil
	}
	return 0, fmt.Errorf("this comment has no end")
}

// readSentence finds links and commands in a line of text.
func (r *markdownReader) readSentence(line string, number int) {
	for _, span := range codeSpan.FindAllStringSubmatch(line, -1) {
		if command.MatchString(span[1]) {
			r.d.Commands = append(r.d.Commands, Command{Line: number, Text: span[1]})
		}
	}
	plain := codeSpan.ReplaceAllString(line, "``") // no links in code
	for _, pattern := range []*regexp.Regexp{linkTarget, referenced, attribute} {
		for _, found := range pattern.FindAllStringSubmatch(plain, -1) {
			r.d.Links = append(r.d.Links, Link{Line: number, Target: found[1]})
		}
	}
	for _, found := range namedAnchor.FindAllStringSubmatch(plain, -1) {
		r.d.Anchors = append(r.d.Anchors, found[1])
	}
}

// addAnchor adds the anchor that GitHub gives a heading: lower case, spaces are hyphens, no punctuation; a number
// where there was the same before.
func (r *markdownReader) addAnchor(heading string) {
	heading = linkText.ReplaceAllString(heading, "$1")
	anchor := strings.Map(func(c rune) rune {
		switch {
		case c == ' ':
			return '-'
		case c == '-' || c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c):
			return unicode.ToLower(c)
		}
		return -1
	}, heading)
	n := r.seen[anchor]
	r.seen[anchor]++
	if n > 0 {
		anchor = fmt.Sprintf("%s-%d", anchor, n)
	}
	r.d.Anchors = append(r.d.Anchors, anchor)
}
