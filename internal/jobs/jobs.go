// Package jobs runs Claimbook's work as River jobs on the book's own database:
// what each kind's arguments are, which queue it waits in, and the machinery
// that makes a job happen exactly once.
//
// A worker's changes, the jobs they cause, the countdown of the run they belong
// to and the job's own completion commit in one transaction. A process that is
// killed at any instruction leaves either all of that or none of it; its jobs
// are taken up by another process, or by itself when it starts again.
//
// Arguments, errors and metadata carry ids only: the operations page shows them.
package jobs

import (
	"context"
	"slices"
	"time"

	"github.com/riverqueue/river"
)

// Args are the arguments of one job: ids, and the practice and the run that
// they belong to. Run 0 is none: nobody waits for the job.
type Args interface {
	river.JobArgs
	Scope() (practiceID, runID int64)
}

// The queues. They are separate so that a long intake delays no posting.
const (
	QueueIntake     = "intake"
	QueueExchange   = "exchange"
	QueuePosting    = "posting"
	QueueStatements = "statements"
)

// Queues lists every queue.
func Queues() []string {
	return []string{QueueIntake, QueueExchange, QueuePosting, QueueStatements}
}

// kindPolicy says how the jobs of a kind are kept.
type kindPolicy struct {
	queue    string
	attempts int // before the job is parked
}

// policies of the kinds. A kind that is not here waits in the intake queue.
var policies = map[string]kindPolicy{
	"intake.parse":       {QueueIntake, 5},
	"encounter.validate": {QueueIntake, 5},
	"batch.build":        {QueueExchange, 5},
	"exchange.send":      {QueueExchange, 8},
	"exchange.collect":   {QueueExchange, 8},
	"edi.route":          {QueueExchange, 5},
	"ack.apply":          {QueueExchange, 5},
	"remit.post":         {QueuePosting, 5},
	"cob.build":          {QueuePosting, 5},
	"deposit.match":      {QueuePosting, 5},
	"deadline.sweep":     {QueuePosting, 5},
	"ledger.audit":       {QueuePosting, 5},
	"statement.run":      {QueueStatements, 5},
	"statement.render":   {QueueStatements, 5},
	"statement.deliver":  {QueueStatements, 8},
}

// Kinds lists every kind of job that the product has, sorted.
func Kinds() []string {
	var kinds []string
	for kind := range policies {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return kinds
}

func policyOf(kind string) kindPolicy {
	if p, known := policies[kind]; known {
		return p
	}
	return kindPolicy{QueueIntake, 5}
}

// retryAfter is the pause before the next attempt: short, because a command
// waits, and what it waits for is mostly a lock or a restart of the server.
func retryAfter(attempt int) time.Duration {
	pauses := []time.Duration{200 * time.Millisecond, time.Second, 3 * time.Second, 4 * time.Second}
	if attempt <= len(pauses) {
		return pauses[max(attempt, 1)-1]
	}
	return time.Duration(attempt) * 10 * time.Second
}

// enqueueContext carries the job that is being worked, so that what it enqueues
// is counted with its own completion.
type enqueueContext struct{}

func pendingIn(ctx context.Context) *pending {
	p, _ := ctx.Value(enqueueContext{}).(*pending)
	return p
}
