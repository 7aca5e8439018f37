package work

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/internal/jobs"
)

// buildSecondaries is the job cob.build: for each claim whose balance a
// remittance moved to the next payer, the claim to that payer. It is ready then
// and goes out with the next submission.
func buildSecondaries(ctx context.Context, tx pgx.Tx, job *jobs.Job[jobs.COBBuildArgs]) error {
	priors, err := claimsdb.PriorClaims(ctx, tx, job.PracticeID, job.Args.ClaimIDs)
	if err != nil {
		return err
	}
	directory, err := claimsdb.LoadDirectory(ctx, tx, job.PracticeID)
	if err != nil {
		return err
	}
	accounts := make([]string, len(priors))
	for i, prior := range priors {
		accounts[i] = prior.PatientAccount
	}
	patients, err := directory.PatientsByAccount(ctx, tx, job.PracticeID, accounts)
	if err != nil {
		return err
	}
	s := &secondaries{job: job}
	for _, prior := range priors {
		if err := s.build(ctx, tx, prior, patients[prior.PatientAccount]); err != nil {
			return err
		}
	}
	if err := claimsdb.AddClaims(ctx, tx, job.PracticeID, s.list, job.Args.Today); err != nil {
		return err
	}
	if err := claimsdb.Transition(ctx, tx, job.PracticeID, s.moves); err != nil {
		return err
	}
	return claimsdb.OpenWorkItems(ctx, tx, job.PracticeID, s.items)
}

type secondaries struct {
	job   *jobs.Job[jobs.COBBuildArgs]
	list  []claimsdb.NewClaim
	moves []claims.Move
	items []claims.WorkItem
}

func (s *secondaries) build(ctx context.Context, tx pgx.Tx, prior claimsdb.PriorClaim, file *claimsdb.PatientFile) error {
	coverage := nextCoverage(file, prior)
	if coverage == nil {
		s.cannot(prior, "the patient has no further coverage on the day of service any more",
			"Correct the coverages in the set-up and send the claim by hand, or move the balance to the patient.")
		return nil
	}
	decision, found, err := claimsdb.FindDecision(ctx, tx, s.job.PracticeID, s.job.Args.RemittanceID, prior)
	if err != nil {
		return err
	}
	if !found {
		s.cannot(prior, "the remittance has no decision about it", "Look at the remittance; bill the next payer by hand with a copy of it.")
		return nil
	}
	snapshot := claims.BuildSecondary(prior.Snapshot, &file.Patient, coverage, decision)
	existing, err := claimsdb.ClaimsOfRank(ctx, tx, s.job.PracticeID, prior.EncounterID, coverage.Rank)
	if err != nil {
		return err
	}
	if len(existing) > 0 && existing[0].State != claims.Voided && existing[0].State != claims.Replaced {
		return s.revise(ctx, tx, prior, existing[0], snapshot)
	}
	snapshot.SetNumber(claims.SecondaryNumber(prior.Number, coverage.Rank, len(existing)+1))
	s.list = append(s.list, claimsdb.NewClaim{
		EncounterID: prior.EncounterID, PatientID: prior.PatientID, CoverageID: coverage.ID, RenderingID: prior.RenderingID,
		PreviousClaimID: prior.ID, ServiceDate: prior.ServiceDate, TimelyBy: coverage.Payer.TimelyBy(decision.On), Snapshot: snapshot,
		ServiceLineIDs: prior.ServiceLineIDs, Event: "built", Actor: "cob.build",
		Message: fmt.Sprintf("Built for %s after %s decided claim %s; it goes out with the next submission.", coverage.Payer.Name, prior.Snapshot.Payer.Name, prior.Number),
	})
	s.moves = append(s.moves, claims.Move{ClaimID: prior.ID, Event: "secondary-built", Actor: "cob.build", On: s.job.Args.Today, RemittanceID: s.job.Args.RemittanceID,
		Message: fmt.Sprintf("Claim %s to %s was built for what is left.", snapshot.Number, coverage.Payer.Name)})
	return nil
}

// revise gives a claim that was not sent yet the prior payer's newest decision;
// one that was sent is for a person.
func (s *secondaries) revise(ctx context.Context, tx pgx.Tx, prior claimsdb.PriorClaim, existing claimsdb.RankClaim, snapshot claims.Claim) error {
	snapshot.SetNumber(existing.Number)
	if existing.State == claims.Ready || existing.State == claims.Held {
		current, err := claimsdb.Snapshots(ctx, tx, s.job.PracticeID, []int64{existing.ID})
		if err != nil || current[0].Same(snapshot) {
			return err // this job ran before
		}
		s.moves = append(s.moves, claims.Move{ClaimID: existing.ID, Event: "revised", Actor: "cob.build", On: s.job.Args.Today, RemittanceID: s.job.Args.RemittanceID,
			Message: fmt.Sprintf("%s decided claim %s anew; this claim says so.", prior.Snapshot.Payer.Name, prior.Number)})
		return claimsdb.SetSnapshot(ctx, tx, s.job.PracticeID, existing.ID, snapshot, s.job.Args.Today)
	}
	current, err := claimsdb.Snapshots(ctx, tx, s.job.PracticeID, []int64{existing.ID})
	if err != nil || current[0].Same(snapshot) {
		return err
	}
	s.items = append(s.items, claims.WorkItem{
		Kind: claims.WorkSecondary, DedupeKey: fmt.Sprintf("secondary-revised|%s|%d", existing.Number, s.job.Args.RemittanceID), ClaimID: existing.ID,
		PatientID: prior.PatientID, PayerID: prior.Snapshot.Payer.ID, RemittanceID: s.job.Args.RemittanceID, Amount: snapshot.Charge, OpenedOn: s.job.Args.Today,
		Reason: fmt.Sprintf("%s decided claim %s anew after claim %s to the next payer was sent.", prior.Snapshot.Payer.Name, prior.Number, existing.Number),
		Action: "Send the next payer the new decision once it has answered: as a replacement claim where it takes one.",
	})
	return nil
}

// cannot opens a work item for a balance that waits for a payer without a claim.
func (s *secondaries) cannot(prior claimsdb.PriorClaim, reason, action string) {
	s.items = append(s.items, claims.WorkItem{
		Kind: claims.WorkSecondary, DedupeKey: fmt.Sprintf("secondary|%s|%d", prior.Number, s.job.Args.RemittanceID), ClaimID: prior.ID,
		PatientID: prior.PatientID, RemittanceID: s.job.Args.RemittanceID, Amount: prior.Snapshot.Charge, OpenedOn: s.job.Args.Today,
		Reason: fmt.Sprintf("The claim after %s could not be built: %s.", prior.Number, reason), Action: action,
	})
}

// nextCoverage is the coverage of the next rank on the day of service, or nil.
func nextCoverage(file *claimsdb.PatientFile, prior claimsdb.PriorClaim) *claims.Coverage {
	if file == nil {
		return nil
	}
	var next *claims.Coverage
	for i := range file.Coverages {
		c := &file.Coverages[i]
		if c.Rank > prior.Rank && c.ActiveOn(prior.ServiceDate) && (next == nil || c.Rank < next.Rank) {
			next = c
		}
	}
	return next
}
