package segment

import "unsafe"

// Slab hands out slices that share large chunks, for lists of which a file has
// many short ones. Lists that were handed out stay valid and do not overlap.
type Slab[T any] struct {
	free  []T
	reuse bool
}

// Reuse makes everything that was handed out so far be handed out again.
func (s *Slab[T]) Reuse() { s.free, s.reuse = s.free[:0], true }

// New returns list with a zero element appended, without copying one into it.
func (s *Slab[T]) New(list []T) []T {
	n := len(list)
	tail := n > 0 && len(s.free) > 0 && &list[n-1] == &s.free[len(s.free)-1]
	if (n > 0 && !tail) || len(s.free) == cap(s.free) {
		var zero T
		return s.Add(list, zero)
	}
	s.free = s.free[:len(s.free)+1]
	m := len(s.free)
	if s.reuse {
		clear(s.free[m-1:])
	} // else never used before: a chunk is made zero
	return s.free[m-n-1 : m : m]
}

// Add returns list with v appended.
func (s *Slab[T]) Add(list []T, v T) []T {
	n := len(list)
	if n > 0 && len(s.free) > 0 && &list[n-1] == &s.free[len(s.free)-1] && len(s.free) < cap(s.free) {
		s.free = append(s.free, v)
		m := len(s.free)
		return s.free[m-n-1 : m : m]
	}
	if cap(s.free)-len(s.free) < n+1 {
		size := max(8, 16<<10/int(max(1, unsafe.Sizeof(v))))
		s.free = make([]T, 0, max(size, 2*(n+1)))
	}
	s.free = append(append(s.free, list...), v)
	m := len(s.free)
	return s.free[m-n-1 : m : m]
}
