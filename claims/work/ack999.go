package work

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/edi/ack"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/fault"
)

// implementation applies a 999: per transaction set, A and E are accepted (to
// send an E set again would duplicate its claims), all else is rejected. Of a
// rejected set the claims that an error names are to be corrected; the others
// never existed at the payer through no fault of theirs and go out again.
func (a *answering) implementation(ctx context.Context, tx pgx.Tx, r *ack.Response) (err error) {
	v := r.Implementation
	control, err := strconv.ParseInt(v.GroupControl, 10, 64)
	if err == nil && v.FunctionalID == "HC" {
		if a.batch, err = claimsdb.AnsweredBatch(ctx, tx, a.practiceID, a.sender, 0, control); err != nil {
			return err
		}
	}
	if a.batch.ID == 0 {
		a.unmatched(fmt.Sprintf("A 999 from %s answers group %s (%s), which was not sent.", a.sender, v.GroupControl, v.FunctionalID))
		return nil
	}
	a.ack.BatchID = a.batch.ID
	all, err := claimsdb.ClaimsOfBatch(ctx, tx, a.practiceID, a.batch.ID)
	if err != nil {
		return err
	}
	rejectedSets := 0
	rest := slices.Clone(all) // of sets that the answer does not list, as some partners do
	for i := range v.Transactions {
		set := &v.Transactions[i]
		of := func(c claimsdb.ClaimState) bool { return c.SetControl == set.Control }
		list := slices.DeleteFunc(slices.Clone(all), func(c claimsdb.ClaimState) bool { return !of(c) })
		rest = slices.DeleteFunc(rest, of)
		if set.Accepted() {
			a.acceptSet(list, set)
			continue
		}
		rejectedSets++
		if err := a.rejectSet(ctx, tx, list, set); err != nil {
			return err
		}
	}
	switch {
	case len(rest) == 0:
	case v.Result.Code == "A", v.Result.Code == "E", v.Result.Code == "P":
		a.acceptSet(rest, &ack.SetResponse{Position: v.Result.Position, Code: "A"})
	default:
		rejectedSets++
		a.rejectAll(rest, "999", fmt.Sprintf("The whole group was rejected (AK901 = %s, %s).", v.Result.Code, strings.Join(v.Result.Errors, " ")), "", v.Result.ByteOffset)
	}
	return a.closeGroup(ctx, tx, v, rejectedSets)
}

func (a *answering) closeGroup(ctx context.Context, tx pgx.Tx, v *ack.Implementation, rejectedSets int) error {
	state := claimsdb.BatchAcknowledged
	switch {
	case rejectedSets == 0 && v.Result.Code == "E":
		a.ack.Outcome = "accepted with errors"
	case rejectedSets == 0:
		a.ack.Outcome = "accepted"
	case a.ack.Accepted > 0:
		a.ack.Outcome = "partly accepted"
	default:
		a.ack.Outcome, state = "rejected", claimsdb.BatchRejected
	}
	if a.batch.State == claimsdb.BatchBuilt {
		return nil // its delivery is not recorded yet; that job looks at the state
	}
	return claimsdb.SetBatchState(ctx, tx, a.practiceID, a.batch.ID, state)
}

func (a *answering) acceptSet(list []claimsdb.ClaimState, set *ack.SetResponse) {
	message := "The file was read: transaction set accepted."
	if set.Code == "E" {
		notes := make([]string, 0, len(set.Segments))
		for i := range set.Segments {
			notes = append(notes, claims.ExplainSegmentError(&set.Segments[i]))
		}
		message = "The file was read and accepted with errors noted: " + strings.Join(notes, "; ") + "."
	}
	for _, c := range list {
		a.move(c, claims.Received, "999", message, set.ByteOffset)
	}
	a.ack.Accepted += len(list)
}

func (a *answering) rejectSet(ctx context.Context, tx pgx.Tx, list []claimsdb.ClaimState, set *ack.SetResponse) error {
	reasons, err := a.blame(ctx, tx, set)
	if err != nil {
		return err
	}
	if len(reasons) == 0 || len(reasons[""]) > 0 {
		notes := reasons[""]
		if len(notes) == 0 {
			notes = []string{"no reason is given"}
		}
		a.rejectAll(list, "999", fmt.Sprintf("Transaction set %s was rejected (IK501 = %s): %s.", set.Control, set.Code, strings.Join(notes, "; ")), set.Control, set.ByteOffset)
		return nil
	}
	for _, c := range list {
		if notes, blamed := reasons[c.Number]; blamed {
			a.ack.Rejected++
			a.reject(c, "999", claims.Answer{
				Message: strings.Join(notes, "; "),
				Action:  "Correct the field in the set-up, or send the encounter again, then release the claim; the file was refused because of it.",
			}, set.ByteOffset)
			continue
		}
		a.ack.Rejected++
		if a.move(c, claims.Rejected, "999", fmt.Sprintf("Transaction set %s was rejected because of another claim in it.", set.Control), set.ByteOffset) {
			a.moves = append(a.moves, claims.Move{ClaimID: c.ID, To: claims.Ready, Event: "ready", Actor: "ack.apply", On: a.on,
				Message: "Nothing is wrong with this claim and no payer has it: it goes out with the next submission."})
		}
	}
	return nil
}

// blame finds out which claims the errors of a set are about, with what is said
// of each. Under "" is what is about none of them, or all.
func (a *answering) blame(ctx context.Context, tx pgx.Tx, set *ack.SetResponse) (map[string][]string, error) {
	reasons := map[string][]string{}
	unnamed := map[int][]string{} // by place of the segment
	for i := range set.Segments {
		e := &set.Segments[i]
		text := claims.ExplainSegmentError(e)
		if number := claimOf(e); number != "" {
			reasons[number] = append(reasons[number], text)
			continue
		}
		unnamed[e.Number] = append(unnamed[e.Number], text)
	}
	if len(unnamed) == 0 {
		return reasons, nil
	}
	owners, err := a.claimsAt(ctx, tx, set.Control, unnamed)
	if err != nil {
		return nil, err
	}
	for place, notes := range unnamed {
		numbers := owners[place]
		if len(numbers) == 0 {
			numbers = []string{""}
		}
		for _, number := range numbers {
			reasons[number] = append(reasons[number], notes...)
		}
	}
	return reasons, nil
}

// claimOf is the claim that a CTX segment names.
func claimOf(e *ack.SegmentError) string {
	contexts := e.Contexts
	for i := range e.Elements {
		contexts = append(contexts[:len(contexts):len(contexts)], e.Elements[i].Contexts...)
	}
	for _, c := range contexts {
		for _, name := range c.Names {
			if name.Name == "CLM01" && name.Value != "" {
				return name.Value
			}
		}
	}
	return ""
}

// claimsAt reads what was sent and says to which claims the segments at some
// places of a transaction set belong: to the claim, or to the claims of the
// subscriber or patient that the segment describes.
func (a *answering) claimsAt(ctx context.Context, tx pgx.Tx, control string, places map[int][]string) (map[int][]string, error) {
	content, err := exchangedb.OpenFile(ctx, tx, a.practiceID, a.batch.EDIFileID)
	if err != nil {
		return nil, err
	}
	owners := map[int][]string{}
	var subscriber, patient []int // places of the loops 2000B and 2000C that are open
	inSet, claim, level := false, "", ""
	reader := x12.NewReader(content)
	for {
		s, err := reader.Next()
		if err == io.EOF {
			return owners, nil
		}
		if err != nil {
			return nil, fault.Invalidf("CB-ACK-SENT", "what was sent cannot be read again").Because(err)
		}
		place := s.Position().Segment
		switch s.ID() {
		case "ST":
			inSet, claim, subscriber, patient = s.String(2) == control, "", nil, nil
		case "HL":
			claim, patient = "", nil
			if level = s.String(3); level != "23" { // a dependent's claims are about the subscriber too
				subscriber = nil
			}
		case "CLM":
			claim = s.String(1)
			for _, p := range slices.Concat(subscriber, patient) {
				owners[p] = append(owners[p], claim)
			}
		}
		if _, wanted := places[place]; !inSet || !wanted {
			continue
		}
		switch {
		case claim != "":
			owners[place] = append(owners[place], claim)
		case level == "23":
			patient = append(patient, place)
		default: // of a billing provider the next subscriber forgets it: it is about all
			subscriber = append(subscriber, place)
		}
	}
}
