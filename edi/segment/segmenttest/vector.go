package segmenttest

import (
	"strings"
	"testing"
)

// Wrap puts the body of a transaction set, one segment a line, between ISA and
// IEA with right counts. The body begins with ST and has no SE.
func Wrap(functional, version, body string) string {
	lines := strings.Split(strings.TrimSpace(body), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	control := strings.Split(lines[0], "*")[2]
	lines = append(lines, "SE*"+itoa(len(lines)+1)+"*"+control)
	lines = append([]string{
		"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260314*0930*^*00501*000000001*0*T*:",
		"GS*" + functional + "*SENDER*RECEIVER*20260314*0930*1*X*" + version}, lines...)
	lines = append(lines, "GE*1*1", "IEA*1*000000001")
	return strings.Join(lines, "~") + "~"
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

// Recount repairs SE01 of a file with one transaction set.
func Recount(file string) string {
	segments := strings.Split(strings.TrimSuffix(file, "~"), "~")
	st := 0
	for i, s := range segments {
		switch {
		case strings.HasPrefix(s, "ST*"):
			st = i
		case strings.HasPrefix(s, "SE*"):
			parts := strings.Split(s, "*")
			segments[i] = "SE*" + itoa(i-st+1) + "*" + parts[2]
		}
	}
	return strings.Join(segments, "~") + "~"
}

// EachInsertion calls try with the file once for each place inside its
// transaction set, with the segment put there and the count repaired.
func EachInsertion(t testing.TB, file, segment string, try func(name, changed string)) {
	segments := strings.Split(strings.TrimSuffix(file, "~"), "~")
	inside := false
	for i, s := range segments {
		if strings.HasPrefix(s, "ST*") {
			inside = true
		}
		if strings.HasPrefix(s, "SE*") {
			inside = false
		}
		if !inside {
			continue
		}
		changed := append(append(append([]string{}, segments[:i+1]...), segment), segments[i+1:]...)
		try("after "+s, Recount(strings.Join(changed, "~")+"~"))
	}
}
