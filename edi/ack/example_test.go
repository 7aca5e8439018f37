package ack_test

import (
	"fmt"
	"strings"

	"github.com/claimbook/claimbook/edi/ack"
	"github.com/claimbook/claimbook/edi/segment/segmenttest"
)

// Which transaction sets of a group were taken.
func ExampleReadAll() {
	file := segmenttest.Wrap("FA", ack.VersionImplementation, `ST*999*0001*005010X231A1
AK1*HC*77*005010X222A1
AK2*837*0001*005010X222A1
IK5*A
AK2*837*0002*005010X222A1
IK3*CLM*22**8
CTX*CLM01:A1
IK4*2*782*1
IK5*R*5
AK9*P*2*2*1`)
	read, err := ack.ReadAll(strings.NewReader(file))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, set := range read[0].Groups[0].Implementations[0].Transactions {
		fmt.Println("set", set.Control, "accepted:", set.Accepted())
		for _, s := range set.Segments {
			fmt.Println("  segment", s.Number, s.SegmentID, "of claim", s.Contexts[0].Names[0].Value, "element", s.Elements[0].Element)
		}
	}
	// Output:
	// set 0001 accepted: true
	// set 0002 accepted: false
	//   segment 22 CLM of claim A1 element 2
}
