package check

import (
	"runtime"
	"sync"

	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/x12"
)

// pool checks transaction sets: one after the other in the reading goroutine, or
// several at a time. In the second case the reader copies each set into chunks,
// which workers take as they fill, so that a set of any size needs no more than
// the chunks there are: when all are under way, the reader waits.
//
// Workers take the sets in the order of the file. The oldest set always has a
// worker, which gives its chunks back; so the reader cannot wait for ever.
type pool struct {
	o       Options
	own     *checker // of the reading goroutine
	workers int      // 1: no others
	jobs    chan *job
	free    chan *chunk
	made    int // chunks
	running sync.WaitGroup
	scratch x12.Segment
}

// The memory of the copies: for each worker at most perWorker chunks of chunkSize
// bytes, and the table of their segments. That is a transaction set of 5,000
// claims, the most that an 837 should have.
const (
	chunkSize = 2 * x12.MaxSegment
	perWorker = 20
	maxChunks = maxWorkers * perWorker
	// maxWorkers is what one reader keeps busy.
	maxWorkers = 8
)

// smallFile is the offset before which a set must end to be checked in the
// reading goroutine: for a small file it is not worth to start workers.
var smallFile int64 = 1 << 20

// job is a transaction set on its way.
type job struct {
	set                        Transaction
	errors, warnings, unlisted int

	group  x12.Group
	d      x12.Delimiters
	base   x12.Position // interchange, group and transaction set
	begun  bool
	filled *chunk      // what the reader is filling
	chunks chan *chunk // to the worker; nil while no worker has it
	done   chan struct{}
}

// chunk holds some segments of one transaction set.
type chunk struct {
	raw      []byte
	items    []item
	findings []findingAt
	last     bool
	end      x12.Position // where the set ends, with last
}

// item is one segment of a chunk.
type item struct {
	offset int64  // in the file
	end    uint32 // in raw; it begins where the item before it ends
	number int32  // in the transaction set
}

// findingAt is a finding of the reader, before item n of its chunk.
type findingAt struct {
	n int
	f *guide.Finding
}

func newPool(o Options) *pool {
	workers := o.Workers
	if workers == 0 {
		workers = min(runtime.GOMAXPROCS(0), maxWorkers)
	}
	return &pool{o: o, own: newChecker(o), workers: workers}
}

// close ends the workers.
func (p *pool) close() {
	if p.jobs != nil {
		close(p.jobs)
		p.running.Wait()
	}
}

// begin opens a set with its ST, which follows as its first segment.
func (p *pool) begin(group *x12.Group, st *x12.Segment) *job {
	at := st.Position()
	j := &job{group: *group, d: st.Delimiters(), base: x12.Position{Interchange: at.Interchange, Group: at.Group, Transaction: at.Transaction}}
	if p.workers > 1 {
		j.filled = p.chunk()
	}
	return j
}

func (p *pool) segment(j *job, s *x12.Segment) {
	if p.workers <= 1 {
		j.segment(p.own, s)
		return
	}
	raw := s.Raw()
	c := j.filled
	if len(c.raw)+len(raw) > chunkSize || len(c.items) == cap(c.items) {
		p.hand(j)
		c = p.chunk()
		j.filled = c
	}
	at := s.Position()
	c.raw = append(c.raw, raw...)
	c.items = append(c.items, item{at.Offset, uint32(len(c.raw)), int32(at.Segment)})
}

func (p *pool) add(j *job, f *guide.Finding) {
	if p.workers <= 1 {
		p.own.add(f)
		return
	}
	j.filled.findings = append(j.filled.findings, findingAt{len(j.filled.items), f})
}

// end closes a set.
func (p *pool) end(j *job, at x12.Position) {
	if p.workers <= 1 {
		j.finish(p.own, at)
		return
	}
	j.filled.last, j.filled.end = true, at
	if p.jobs == nil && at.Offset < smallFile {
		p.replay(p.own, j, j.filled, &p.scratch)
		return
	}
	p.hand(j)
}

// chunk returns an empty chunk; it waits when all are under way.
func (p *pool) chunk() *chunk {
	if p.free == nil {
		p.free = make(chan *chunk, maxChunks)
	}
	select {
	case c := <-p.free:
		return c
	default:
	}
	if p.made == min(maxChunks, perWorker*p.workers) {
		return <-p.free
	}
	p.made++
	return &chunk{raw: make([]byte, 0, chunkSize), items: make([]item, 0, chunkSize/32)}
}

// hand gives the filled chunk to the worker of its set.
func (p *pool) hand(j *job) {
	if p.jobs == nil {
		p.jobs = make(chan *job, maxChunks)
		for range p.workers {
			p.running.Go(p.work)
		}
	}
	if j.chunks == nil {
		j.chunks, j.done = make(chan *chunk, maxChunks), make(chan struct{})
		p.jobs <- j
	}
	j.chunks <- j.filled
	j.filled = nil
}

func (p *pool) work() {
	c := newChecker(p.o)
	var s x12.Segment
	for j := range p.jobs {
		for ch := range j.chunks {
			if p.replay(c, j, ch, &s) {
				break
			}
		}
		close(j.done)
	}
}

// replay checks what a chunk holds, gives the chunk back, and reports whether it
// was the set's last.
func (p *pool) replay(c *checker, j *job, ch *chunk, s *x12.Segment) (last bool) {
	from, next := uint32(0), 0
	for i := range ch.items {
		for next < len(ch.findings) && ch.findings[next].n == i {
			c.add(ch.findings[next].f)
			next++
		}
		it := &ch.items[i]
		at := j.base
		at.Offset, at.Segment = it.offset, int(it.number)
		s.Reset(ch.raw[from:it.end:it.end], j.d, at)
		from = it.end
		j.segment(c, s)
	}
	for ; next < len(ch.findings); next++ {
		c.add(ch.findings[next].f)
	}
	if last = ch.last; last {
		j.finish(c, ch.end)
	}
	ch.raw, ch.items, ch.findings, ch.last = ch.raw[:0], ch.items[:0], ch.findings[:0], false
	p.free <- ch
	return last
}

// segment gives the set's next segment to its checker.
func (j *job) segment(c *checker, s *x12.Segment) {
	if !j.begun {
		j.begun = true
		c.begin(&j.set, &j.group, s)
	}
	c.segment(s)
}

// finish takes the result from the checker.
func (j *job) finish(c *checker, at x12.Position) {
	c.end(at)
	j.errors, j.warnings, j.unlisted = c.errors, c.warnings, c.unlisted
}

// complete reports whether the set, which has ended, is checked; with wait it
// waits for that.
func (j *job) complete(wait bool) bool {
	if j.done == nil {
		return true // checked by the reading goroutine
	}
	if wait {
		<-j.done
		return true
	}
	select {
	case <-j.done:
		return true
	default:
		return false
	}
}
