package date

import (
	"encoding/json"
	"testing"
	"time"
)

func TestDate(t *testing.T) {
	d := MustParse("2022-01-31")
	if got := d.AddMonths(1).String(); got != "2022-02-28" {
		t.Errorf("a month after January 31 is %s", got)
	}
	if got := d.AddDays(1).X12(); got != "20220201" {
		t.Errorf("the day after is %s", got)
	}
	if n := MustParse("2022-03-14").DaysSince(MustParse("2022-03-12")); n != 2 { // over the change to summer time
		t.Errorf("DaysSince = %d", n)
	}
	if d.Weekday() != time.Monday {
		t.Errorf("2022-01-31 is a %s", d.Weekday())
	}
	for _, bad := range []string{"2022-02-30", "20220230", "", "2022-1-1"} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	if _, err := Parse("soon"); err.Error() != `"soon" is not a date of the form YYYY-MM-DD` {
		t.Errorf("it does not say how a day is written: %v", err)
	}
	if _, err := ParseX12("soon"); err.Error() != `"soon" is not a date of the form YYYYMMDD` {
		t.Errorf("%v", err)
	}
	raw, err := json.Marshal(struct{ A, B Date }{A: d})
	if err != nil || string(raw) != `{"A":"2022-01-31","B":""}` {
		t.Errorf("JSON %s, %v", raw, err)
	}
	if v, _ := (Date{}).DateValue(); v.Valid {
		t.Error("no date must be NULL")
	}
}
