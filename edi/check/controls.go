package check

// controlSet holds the control numbers of one level: a group's transaction sets,
// an interchange's groups, the interchanges between two partners. A file may have
// millions: numbers that follow each other cost a bit each.
type controlSet struct {
	pages map[uint64]*[64]uint64 // of 4096 numbers with one length
	other map[string]struct{}    // what is no number of at most nine digits
}

// add reports whether the control number was new.
func (c *controlSet) add(control []byte) bool {
	if len(control) == 0 || len(control) > 9 || !digits(control) {
		_, old := c.other[string(control)]
		if !old {
			if c.other == nil {
				c.other = map[string]struct{}{}
			}
			c.other[string(control)] = struct{}{}
		}
		return !old
	}
	n := uint64(atoi(control))
	key := uint64(len(control))<<32 | n>>12
	page := c.pages[key]
	if page == nil {
		if c.pages == nil {
			c.pages = map[uint64]*[64]uint64{}
		}
		page = new([64]uint64)
		c.pages[key] = page
	}
	word, bit := &page[n>>6&63], uint64(1)<<(n&63)
	old := *word&bit != 0
	*word |= bit
	return !old
}
