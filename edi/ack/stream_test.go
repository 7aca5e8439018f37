package ack_test

import (
	"bytes"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/claimbook/claimbook/edi/ack"
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/date"
)

// What is made while it is written is the same as what stood in memory.
func TestEncodeClaims(t *testing.T) {
	isa := x12.Interchange{SenderQualifier: "ZZ", Sender: "PAYER", ReceiverQualifier: "ZZ", Receiver: "CLINIC", Date: "260105", Time: "0800", Control: "000000001", Usage: "T"}
	gs := x12.Group{FunctionalID: "HN", Sender: "PAYER", Receiver: "CLINIC", Date: "20260105", Time: "0800", Control: "1", Version: ack.VersionClaim}
	day := date.Of(time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC))
	var list []ack.ClaimAck
	for _, control := range []string{"0001", "0002"} {
		list = append(list, ack.ClaimAck{
			Header:    segment.Header{Type: "277", Control: control, Version: ack.VersionClaim},
			Beginning: segment.Beginning{Structure: "0085", Purpose: "08", Reference: "R" + control, Date: day, Time: "0800", Kind: "TH"},
			Sources:   []ack.Source{{Name: segment.Name{Role: "PR", Type: "2", Last: "FIRST MUTUAL", IDQualifier: "PI", ID: "87726"}, Trace: segment.Trace{Type: "1", Number: "T1"}}},
		})
	}
	var whole, streamed bytes.Buffer
	if err := ack.Encode(&whole, ack.Interchange{Header: isa, Groups: []ack.Group{{Header: gs, Claims: list}}}); err != nil {
		t.Fatal(err)
	}
	pointers := func(yield func(*ack.ClaimAck, iter.Seq2[*ack.Provider, *ack.Patient]) bool) {
		for i := range list {
			if !yield(&list[i], nil) {
				return
			}
		}
	}
	if err := ack.EncodeClaims(&streamed, isa, gs, pointers); err != nil {
		t.Fatal(err)
	}
	if whole.String() != streamed.String() || bytes.Count(whole.Bytes(), []byte("ST*277*")) != 2 {
		t.Errorf("streamed:\n%s\nwhole:\n%s", streamed.String(), whole.String())
	}
	bad := list[0]
	bad.Sources = slices.Clone(bad.Sources)
	bad.Sources[0].Name.Last = "FIRST*MUTUAL"
	if err := ack.EncodeClaims(&streamed, isa, gs, func(yield func(*ack.ClaimAck, iter.Seq2[*ack.Provider, *ack.Patient]) bool) { yield(&bad, nil) }); err == nil {
		t.Error("a delimiter inside data is written")
	}
}
