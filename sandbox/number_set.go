package sandbox

import "math/bits"

const (
	wordBits  = 64
	blockBits = wordBits * wordBits // bits that one word of the summary covers
)

// numberSet is a set of sequence numbers that are close together. It has a bit for each number, and a summary with a bit for each
// word that is not zero, so that next and previous do not look at every bit.
type numberSet struct {
	base    int // the first number that has a bit; a multiple of blockBits
	words   []uint64
	summary []uint64
}

func (s *numberSet) add(n int) {
	i := n - s.base
	for i/blockBits >= len(s.summary) {
		s.summary = append(s.summary, 0)
		s.words = append(s.words, make([]uint64, wordBits)...)
	}
	s.words[i/wordBits] |= 1 << (i % wordBits)
	s.summary[i/blockBits] |= 1 << (i / wordBits % wordBits)
}

func (s *numberSet) remove(n int) {
	i := n - s.base
	if i < 0 || i/wordBits >= len(s.words) {
		return
	}
	s.words[i/wordBits] &^= 1 << (i % wordBits)
	if s.words[i/wordBits] == 0 {
		s.summary[i/blockBits] &^= 1 << (i / wordBits % wordBits)
	}
}

// forgetBefore frees memory of numbers below n, which the caller no longer uses.
func (s *numberSet) forgetBefore(n int) {
	for n-s.base >= blockBits {
		if len(s.summary) > 0 {
			s.summary, s.words = s.summary[1:], s.words[wordBits:]
		}
		s.base += blockBits
	}
}

// next returns the smallest number of the set that is n or more.
func (s *numberSet) next(n int) (int, bool) {
	i := max(n-s.base, 0)
	if i/wordBits >= len(s.words) {
		return 0, false
	}
	if rest := s.words[i/wordBits] >> (i % wordBits); rest != 0 {
		return s.base + i + bits.TrailingZeros64(rest), true
	}
	word := i/wordBits + 1
	for block := word / wordBits; block < len(s.summary); block++ {
		rest := s.summary[block]
		if block == word/wordBits {
			rest &= ^uint64(0) << (word % wordBits)
		}
		if rest != 0 {
			word = block*wordBits + bits.TrailingZeros64(rest)
			return s.base + word*wordBits + bits.TrailingZeros64(s.words[word]), true
		}
	}
	return 0, false
}

// previous returns the largest number of the set that is n or less.
func (s *numberSet) previous(n int) (int, bool) {
	i := min(n-s.base, len(s.words)*wordBits-1)
	if i < 0 {
		return 0, false
	}
	if rest := s.words[i/wordBits] << (wordBits - 1 - i%wordBits); rest != 0 {
		return s.base + i - bits.LeadingZeros64(rest), true
	}
	word := i/wordBits - 1
	if word < 0 {
		return 0, false
	}
	for block := word / wordBits; block >= 0; block-- {
		rest := s.summary[block]
		if block == word/wordBits {
			rest &= ^uint64(0) >> (wordBits - 1 - word%wordBits)
		}
		if rest != 0 {
			word = block*wordBits + wordBits - 1 - bits.LeadingZeros64(rest)
			return s.base + word*wordBits + wordBits - 1 - bits.LeadingZeros64(s.words[word]), true
		}
	}
	return 0, false
}
